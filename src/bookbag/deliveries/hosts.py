"""How people name SFTP servers, and how their host keys are shown to people."""

import base64
import hashlib

DEFAULT_PORT = 22


def parse_address(address: str) -> tuple[str, int]:
    """Return host and port of ``host``, ``host:port`` or ``[v6]:port``.

    Raises:
        ValueError: If it is none of them.
    """
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, str(DEFAULT_PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        message = f"Found {address!r}, expected host or host:port"
        raise ValueError(message)
    return host, int(port)


def fingerprint_of(host_key: str) -> str:
    """Return the fingerprint of a host key as ``ssh-keygen -l`` prints it.

    Raises:
        ValueError: If the text is no key.
    """
    words = host_key.split()
    content = base64.b64decode(words[1] if len(words) > 1 else "", validate=True)
    kind = words[0].encode() if words else b""
    if not content.startswith(len(kind).to_bytes(4, "big") + kind) or not kind:
        message = "Found no host key, expected its kind and its base64"
        raise ValueError(message)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return f"{words[0]} SHA256:{digest.rstrip('=')}"
