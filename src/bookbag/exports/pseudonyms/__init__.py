"""Pseudonyms: exports in which nobody is named, for purposes with a key each.

Source: ADR 0118; ``docs/privacy.md``.
"""
