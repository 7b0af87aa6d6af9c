"""The composition root: settings, addresses, the queue and the entry points."""
