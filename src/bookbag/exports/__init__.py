"""Exports: one request for data, from the catalogue to the expired link."""
