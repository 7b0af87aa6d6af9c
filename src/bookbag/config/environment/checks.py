"""What may be wrong with the value of a setting."""

import itertools
import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

_HOST = re.compile(r"(?=[^:]{1,253}(:|$))[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")


def parse_ranks(text: str) -> list[tuple[str, float]]:
    """Return a scale of ranks, the best first: names with the least score of each.

    Raises:
        ValueError: If it is no list of ``name=score`` in falling order down to 0.
    """
    ranks = []
    for part in text.split(","):
        name, _, least = part.partition("=")
        ranks.append((name.strip(), float(least)))
    scores = [least for _, least in ranks]
    is_falling = all(a > b for a, b in itertools.pairwise(scores))
    if not is_falling or scores[-1] != 0 or not all(name for name, _ in ranks):
        message = f"Found {text!r}, expected names with falling scores down to 0"
        raise ValueError(message)
    return ranks


def rank_scale(value: str) -> str | None:
    """Answer what is wrong with a scale of ranks, or None."""
    try:
        parse_ranks(value)
    except ValueError:
        return f"Found {value!r}, expected something like A=90,B=75,C=50,D=0"
    return None


def names(value: str) -> str | None:
    """Answer what is wrong with a list of names, or None."""
    if all(word.strip() for word in value.split(",")):
        return None
    return f"Found {value!r}, expected names with commas between them"


def parse_networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Return networks from a list with commas between them.

    Raises:
        ValueError: If one of them is none.
    """
    words = [word.strip() for word in text.split(",")]
    return [ip_network(word) for word in words if word]


def networks(value: str) -> str | None:
    """Answer what is wrong with a list of networks, or None."""
    try:
        parse_networks(value)
    except ValueError as error:
        return f"Found {value!r}, expected networks: {error}"
    return None


def accel_prefix(value: str) -> str | None:
    """Answer what is wrong with an internal location of nginx, or None."""
    if not value or re.fullmatch(r"/[A-Za-z0-9_-]+/", value):
        return None
    return f"Found {value!r}, expected a location such as /finished-exports/"


def any_text(_value: str) -> str | None:
    """Take any text."""
    return None


def one_of(*choices: str) -> Callable[[str], str | None]:
    """Return a check for one of some words."""

    def check(value: str) -> str | None:
        if value in choices:
            return None
        return f"Found {value!r}, expected one of {', '.join(choices)}"

    return check


def whole_number(least: int, most: int) -> Callable[[str], str | None]:
    """Return a check for a whole number between two, both allowed."""

    def check(value: str) -> str | None:
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return None
        return f"Found {value!r}, expected a whole number from {least} to {most}"

    return check


def url(*schemes: str) -> Callable[[str], str | None]:
    """Return a check for an address with one of some schemes."""

    def check(value: str) -> str | None:
        try:
            parts = urlsplit(value)
        except ValueError:
            return "Found an address that cannot be read, expected scheme://host/…"
        if parts.scheme in schemes:
            return None
        expected = ", ".join(f"{scheme}:" for scheme in schemes)
        return f"Found an address with scheme {parts.scheme!r}, expected {expected}"

    return check


def folder_or_store(value: str) -> str | None:
    """Answer what is wrong with a folder or the address of a bucket, or None."""
    if "://" not in value:
        return None
    return url("s3")(value) or (
        None if urlsplit(value).netloc else "Found no bucket, expected s3://bucket/…"
    )


def host_name(value: str) -> str | None:
    """Answer what is wrong with a host name, which may have a port, or None."""
    if not value or _HOST.fullmatch(value):
        return None
    return f"Found {value!r}, expected a host name like oauth.example.edu"
