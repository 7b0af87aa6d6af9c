"""What can be wrong with launches and their settings.

Source: ADR 0074. A refusal has a stable code, says what was found, and what whoever set
the launch up should look at; it never holds a token, a signature or a secret.
"""

from django.utils.functional import Promise


class LtiError(Exception):
    """Something about launches; the message is fit for people."""

    code = "lti"


class RosterError(LtiError):
    """A platform did not give its roster."""

    code = "roster"


class LaunchRefusedError(LtiError):
    """A launch that is refused.

    Args:
        code: What is wrong, in one word; stable.
        found: What was found, in a sentence.
        check: What to look at, in a sentence.
    """

    def __init__(self, code: str, found: str | Promise, check: str | Promise) -> None:
        super().__init__(str(found))
        self.code = code
        self.found = str(found)
        self.check = str(check)
