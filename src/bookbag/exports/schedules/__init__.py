"""Exports by themselves: every night of a term, weekly, or once after a date."""
