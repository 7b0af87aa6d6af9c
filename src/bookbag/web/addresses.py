"""Where a request came from, which no client can forge."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from bookbag.formats.values import parse_ip_address


def find_client_address(request: HttpRequest) -> str | None:
    """Return the IP address of the client.

    Each proxy appends the address that it was asked from. Read from the end, the first
    address that is not of a trusted proxy is the client's; what stands before it the
    client may have written itself.
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address is not None and forwarded and _is_trusted(address):
        before = _parse(forwarded.pop())
        if before is None:
            break
        address = before
    return address


def _parse(text: str) -> str | None:
    try:
        return parse_ip_address(text.strip())
    except ValueError:
        return None


def _is_trusted(address: str) -> bool:
    parsed = ip_address(address)
    return any(parsed in network for network in settings.BOOKBAG_TRUSTED_PROXIES)
