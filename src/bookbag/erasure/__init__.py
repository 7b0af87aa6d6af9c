"""Erasing a person: everything that this server keeps of them.

It stands above all that keeps something, so that nothing has to know of it.
"""
