"""What every verified launch says, whichever version it came by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from bookbag.domain.lti.models import ConsumerKey, Platform
from bookbag.domain.people.models import Workspace

EXPIRED = (
    "expired",
    _("This launch was signed too long ago, or by a clock that is wrong."),
    _(
        "Launch again from the platform. If it stays like this, compare the clocks "
        "of the platform and of this server."
    ),
)
"""What is refused when a launch is out of its time, in either version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchMessage:
    """A launch whose signature, time and uniqueness were checked."""

    source: Platform | ConsumerKey
    subject: str
    """What the platform calls the person."""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    roles: tuple[str, ...] = ()
    custom: Mapping[str, str] = field(default_factory=dict)
    target_code: str = ""
    """The last part of the integration URL."""
    memberships_url: str = ""
    """Where the platform offers the roster, if it does."""

    @property
    def workspace(self) -> Workspace:
        """The workspace that trusts the platform."""
        return self.source.workspace


def split_name(full_name: str) -> tuple[str, str]:
    """Return first and last name of a name that is not parted."""
    first, _, last = full_name.strip().rpartition(" ")
    return (first, last) if first else (last, "")
