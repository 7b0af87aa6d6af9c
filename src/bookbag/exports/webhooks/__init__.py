"""Webhooks: telling other programs what becomes of exports, signed."""
