"""The client of a server's API: what the commands need of it, over HTTP."""
