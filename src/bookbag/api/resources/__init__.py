"""The resources: one module for each, listed in ``application``."""
