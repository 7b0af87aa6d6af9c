"""Which addresses webhooks and deliveries may connect to.

People type addresses that the server then connects to. Without a check they could
reach what only the server can reach: its own ports, other machines of its network, a
cloud's metadata. So each address of a name is looked at, and the connection goes to
the very address that was looked at: a name that answers differently a moment later
(DNS rebinding) changes nothing.

Source: ADR 0103.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings

from bookbag.outbound.errors import AddressRefusedError, HostNotFoundError

_NAT64 = IPv6Network("64:ff9b::/96")
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv6Network("64:ff9b:1::/48"))
"""Not public by IANA's registries of special addresses, but so to Python 3.11."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def is_allowed(address: Address, networks: Sequence[Network] = ()) -> bool:
    """Answer whether an address may be connected to.

    Args:
        address: The address of another machine.
        networks: Those that may be reached although they are not public.
    """
    if any(address in network for network in networks):
        return True
    inner = _find_inner(address)
    if inner is not None:
        return is_allowed(inner, networks)
    is_special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_multicast and not is_special


def find_addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, each of which may be connected to.

    Raises:
        HostNotFoundError: If the name has no address.
        AddressRefusedError: If one of its addresses may not be reached, also when
            others may.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        message = f"Found no address, expected one: {host!r}"
        raise HostNotFoundError(message) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if not is_allowed(address, settings.BOOKBAG_PRIVATE_TARGETS):
            message = (
                f"Found {address}, which is not public, expected a public address or "
                f"one of BOOKBAG_PRIVATE_TARGETS: {host!r}"
            )
            raise AddressRefusedError(message)
    return addresses


def open_connection(host: str, port: int, *, timeout_seconds: float) -> socket.socket:
    """Connect to a host at an address that was looked at.

    Raises:
        HostNotFoundError: If the name has no address.
        AddressRefusedError: If one of its addresses may not be reached.
        OSError: If nothing answers there.
    """
    last: OSError | None = None
    for address in find_addresses(host, port):
        try:
            return socket.create_connection((address, port), timeout_seconds)
        except OSError as error:
            last = error
    raise last or HostNotFoundError


def _find_inner(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to, if it leads to one."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo and teredo[1])
