"""Launches from learning platforms, by LTI 1.3 and LTI 1.1."""
