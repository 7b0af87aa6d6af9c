"""Walking a workspace safely, and names that every system can write."""
