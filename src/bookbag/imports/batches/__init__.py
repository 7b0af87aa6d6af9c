"""Rows that programs send: each is loaded or refused by itself, by the same rules."""
