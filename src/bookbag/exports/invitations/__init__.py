"""Invitations: the mails that bring new users their first password."""
