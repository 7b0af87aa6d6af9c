"""What exports and imports have to agree on: our archives' tables, files and keys."""
