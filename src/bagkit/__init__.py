"""Archives, tables and receipts, usable without any framework."""
