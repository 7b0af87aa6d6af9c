"""Deliveries: finished exports that are pushed to storage elsewhere."""
