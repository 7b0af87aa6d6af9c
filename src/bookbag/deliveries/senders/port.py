"""The port to a target: what every kind of target can do."""

from collections.abc import Iterator
from typing import Protocol


class OutgoingFile(Protocol):
    """A file that is written piece by piece and appears as a whole or not at all."""

    def write(self, piece: bytes, /) -> int:
        """Take the next piece."""

    def flush(self) -> None:
        """Let go of what is held back, where that is possible."""

    def commit(self) -> None:
        """Let the file appear under its name, in place of an earlier one."""

    def abort(self) -> None:
        """Remove what was written."""


class Sender(Protocol):
    """A connection to one target.

    Every method may raise what the errors of deliveries name: the target is away, says
    no, shows another key, or may not be reached.
    """

    def create_file(self, name: str, *, size_bytes: int) -> OutgoingFile:
        """Begin a file of about this size, and clear what a killed attempt left."""

    def iter_file(self, name: str) -> Iterator[bytes]:
        """Yield what the target stored under a name."""

    def delete_file(self, name: str) -> None:
        """Delete what the target stored under a name."""

    def drop_unfinished(self, name: str, *, is_tried: bool = False) -> int:
        """Remove what attempts left that were killed while they sent a name.

        Args:
            name: The file's name.
            is_tried: Whether to count only.

        Returns:
            How many there were.
        """

    def close(self) -> None:
        """Hang up."""
