"""Restoring a course from an archive: what is missing is made, nothing is changed."""
