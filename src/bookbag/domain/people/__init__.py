"""People: users, workspaces and who is a member of which."""
