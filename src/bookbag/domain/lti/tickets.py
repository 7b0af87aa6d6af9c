"""States and nonces: each is good for one launch, on any server of the site."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookbag.domain.lti.models import LaunchTicket

LIFETIME = timedelta(minutes=10)


def issue_ticket(name: str, value: str = "") -> None:
    """Keep something that may be used once in the next minutes."""
    LaunchTicket.objects.create(
        name=name, value=value, expires_at=timezone.now() + LIFETIME
    )


def use_ticket(name: str) -> str | None:
    """Return what was kept, the first time; None when it is used or too old."""
    now = timezone.now()
    with transaction.atomic():
        found = LaunchTicket.objects.select_for_update().filter(name=name).first()
        if found is None:
            return None
        value, is_fresh = found.value, found.expires_at > now
        removed, _ = LaunchTicket.objects.filter(pk=found.pk).delete()
    return value if removed and is_fresh else None


def use_once(name: str) -> bool:
    """Answer whether something is seen for the first time; it is from then on."""
    try:
        with transaction.atomic():
            issue_ticket(name)
    except IntegrityError:
        return False
    return True


def purge_tickets() -> int:
    """Delete what nobody can use any more; return how many."""
    old = LaunchTicket.objects.filter(expires_at__lt=timezone.now())
    return old.delete()[0]
