"""Finding the members of whom a batch speaks."""

from collections.abc import Sequence

from django.db.models.functions import Lower

from bookbag.domain.people.models import Member, Workspace
from bookbag.domain.people.upserting import in_parts


def find_members(workspace: Workspace, names: Sequence[str]) -> dict[str, Member]:
    """Return members by address and by user name, both in lower case."""
    members = Member.objects.filter(workspace=workspace).select_related("user")
    found: dict[str, Member] = {}
    wanted = [name.lower() for name in names]
    for column in ("email", "username"):
        keyed = members.annotate(key=Lower(f"user__{column}"))
        for part in in_parts(wanted):
            for member in keyed.filter(key__in=part):
                found[getattr(member.user, column).lower()] = member
    return found
