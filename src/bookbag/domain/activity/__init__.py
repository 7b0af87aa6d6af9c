"""Activity: who signed in and out, and opened and closed which project."""
