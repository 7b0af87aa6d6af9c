"""Parsers under fuzzing: what each is given, and what it may answer."""
