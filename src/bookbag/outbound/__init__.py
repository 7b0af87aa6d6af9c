"""Reaching out to other machines: which addresses may be connected to, and how."""
