"""Bookbag: people take their course's data out, whole, and can prove it."""

__version__ = "0.1.0"
