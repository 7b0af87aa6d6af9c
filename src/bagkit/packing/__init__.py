"""Turning one workspace into the members of an archive, in processes of their own."""
