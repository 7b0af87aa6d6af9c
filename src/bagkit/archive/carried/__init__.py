"""What every archive carries besides its data."""
