"""Many people at once: who they are, what they do, and what it costs."""
