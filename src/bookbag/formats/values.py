"""Single values that somebody else wrote, as a database can hold them."""

from datetime import UTC, datetime
from ipaddress import ip_address


def parse_moment(text: str) -> datetime:
    """Return the time of an ISO 8601 text with an offset, as it was written.

    Raises:
        ValueError: If it is none, has no offset, or UTC has no such time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"Found {text[:60]!r}, expected an offset"
        raise ValueError(message)
    return check_moment(moment)


def check_moment(moment: datetime) -> datetime:
    """Return a time with an offset when UTC has it too.

    The first and the last hours of the calendar exist only by some clocks, and
    whatever counts by UTC cannot keep them.

    Raises:
        ValueError: If UTC has no such time.
    """
    try:
        moment.astimezone(UTC)
    except OverflowError as error:
        message = f"Found {moment.isoformat()}, expected a time that UTC has too"
        raise ValueError(message) from error
    return moment


def parse_ip_address(text: str) -> str:
    """Return an IP address as it is kept.

    Raises:
        ValueError: If it is none, or names a network card (``fe80::1%eth0``), which
            says nothing elsewhere and which PostgreSQL does not take.
    """
    if "%" in text:
        message = f"Found {text[:60]!r}, expected an IP address without a zone"
        raise ValueError(message)
    return str(ip_address(text))
