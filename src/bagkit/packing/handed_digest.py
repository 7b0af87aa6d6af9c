"""A SHA-256 that one process begins and another goes on with.

The digest of an archive runs through all of its bytes in order. Where several machines
write it, each has to take over the digest in the middle, which ``hashlib`` cannot hand
out. OpenSSL's own functions keep their state in a structure that has been the same
since SHA-256 came, so it is used through them, and tried before it is trusted.

Source: FIPS 180-4; ``openssl/sha.h``; ADR 0125.
"""

import _hashlib
import contextlib
import ctypes
import ctypes.util
import functools
import hashlib
from collections.abc import Iterator

from bagkit.errors import PackingError


class _State(ctypes.Structure):
    """``SHA256_CTX``: eight words, two of length, a block, and two counts."""

    _fields_ = [
        ("words", ctypes.c_uint32 * 8),
        ("length", ctypes.c_uint32 * 2),
        ("block", ctypes.c_uint32 * 16),
        ("gathered", ctypes.c_uint32),
        ("digest_bytes", ctypes.c_uint32),
    ]


STATE_BYTES = ctypes.sizeof(_State)
DIGEST_BYTES = 32
_TRIAL = bytes(range(256)) * 5


class HandedDigest:
    """SHA-256 whose state can be had as bytes.

    Args:
        state: What ``hand_on`` returned, here or on another machine of the same kind;
            empty to begin.

    Raises:
        PackingError: If this machine has no library for it, see ``can_hand_on``.
    """

    def __init__(self, state: bytes = b"") -> None:
        library = _find_library()
        if library is None:
            message = "Found no OpenSSL with SHA256_Update, expected the one of Python"
            raise PackingError(message)
        self._library = library
        self._state = _State()
        if state:
            ctypes.memmove(ctypes.byref(self._state), state, STATE_BYTES)
        else:
            library.SHA256_Init(ctypes.byref(self._state))

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self._library.SHA256_Update(ctypes.byref(self._state), piece, len(piece))

    def hand_on(self) -> bytes:
        """Return the state, for another digest to go on with."""
        return bytes(self._state)

    def hexdigest(self) -> str:
        """Return the digest of what was taken so far."""
        state = _State.from_buffer_copy(self._state)
        digest = ctypes.create_string_buffer(DIGEST_BYTES)
        self._library.SHA256_Final(digest, ctypes.byref(state))
        return digest.raw.hex()


def can_hand_on() -> bool:
    """Answer whether this machine can hand a digest on."""
    return _find_library() is not None


@functools.cache
def _find_library() -> ctypes.CDLL | None:
    for library in _iter_libraries():
        if _is_right(library):
            return library
    return None


def _iter_libraries() -> Iterator[ctypes.CDLL]:
    # The library that hashlib is linked with is found through hashlib itself.
    for name in (_hashlib.__file__, ctypes.util.find_library("crypto")):
        if name:
            with contextlib.suppress(OSError):
                yield ctypes.CDLL(name)


def _is_right(library: ctypes.CDLL) -> bool:
    try:
        for function in (library.SHA256_Init, library.SHA256_Final):
            function.restype = ctypes.c_int
        library.SHA256_Update.restype = ctypes.c_int
        library.SHA256_Update.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
        ]  # fmt: skip
    except AttributeError:
        return False
    first, second = _State(), _State()
    library.SHA256_Init(ctypes.byref(first))
    library.SHA256_Update(ctypes.byref(first), _TRIAL[:700], 700)
    ctypes.memmove(ctypes.byref(second), bytes(first), STATE_BYTES)
    library.SHA256_Update(ctypes.byref(second), _TRIAL[700:], len(_TRIAL) - 700)
    digest = ctypes.create_string_buffer(DIGEST_BYTES)
    library.SHA256_Final(digest, ctypes.byref(second))
    return digest.raw == hashlib.sha256(_TRIAL).digest()
