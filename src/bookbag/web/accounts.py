"""How people get accounts: from a roster or an admin, never by signing up alone."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped library
    """An adapter that keeps sign-up closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Answer that nobody signs up by themselves."""
        return False
