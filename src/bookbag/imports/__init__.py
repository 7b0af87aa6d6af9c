"""Getting data in: rosters and workspaces from disk."""
