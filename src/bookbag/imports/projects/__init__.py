"""Importing projects: uploads, what is in them, what is chosen, and the job of it."""
