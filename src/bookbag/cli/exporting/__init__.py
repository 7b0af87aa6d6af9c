"""Commands about exports: asking, watching, saving, here or through a server."""
