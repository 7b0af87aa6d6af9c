"""Views: each parses a request, calls one service or selector, and presents."""
