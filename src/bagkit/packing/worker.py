"""A packing process: takes workspaces on standard input, answers what it packed.

It ends when its input ends, so a pool that is killed leaves no process behind.
Messages are ``marshal`` of plain tuples with their length before them: the quickest
way there is, and both ends are the same program.
"""

import marshal
import os
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

from bagkit.errors import BagkitError
from bagkit.identities.scanning import FileScanner, ScanRules
from bagkit.packing.member_writer import MemberWriter
from bagkit.packing.reuse import EarlierPlace
from bagkit.packing.scanned import Reading
from bagkit.packing.workspace import pack_workspace
from bagkit.trees.tree import TreeOpener

LENGTH = struct.Struct("<L")
OWNER_ONLY = 0o600


def send_message(stream: BinaryIO, message: tuple[Any, ...]) -> None:
    """Write one message."""
    body = marshal.dumps(message)
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def receive_message(stream: BinaryIO) -> tuple[Any, ...] | None:
    """Read one message; None at the end of the stream."""
    head = _read_exactly(stream, LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    body = _read_exactly(stream, LENGTH.unpack(head)[0])
    message: tuple[Any, ...] = marshal.loads(body)  # noqa: S302 - our own process
    return message


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    # An unbuffered stream gives what there is, which may be less.
    content = b""
    while len(content) < length and (piece := stream.read(length - len(content))):
        content += piece
    return content


def work(prefix: Path, segment_bytes: int) -> None:
    """Pack until the input ends.

    Args:
        prefix: Where segments go; a number is put behind it.
        segment_bytes: A segment that has grown past this is closed, and the next one
            begun.
    """
    segment, number, writer = -1, -1, None
    scanner = _make_scanner(receive_message(sys.stdin.buffer), prefix.parent)
    while (task := receive_message(sys.stdin.buffer)) is not None:
        index, root, name, max_file_bytes, earlier, opener = task
        if writer is None or writer.position > segment_bytes:
            if segment >= 0:
                os.close(segment)
            number += 1
            path = f"{prefix}.{number}"
            segment = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
            writer = MemberWriter(segment)
        start = writer.position
        try:
            packed = pack_workspace(
                writer,
                root,
                name,
                max_file_bytes=max_file_bytes,
                earlier=None if earlier is None else EarlierPlace(**earlier),
                reading=Reading(
                    opener=None if opener is None else TreeOpener(**opener),
                    scanner=scanner,
                ),
            )
            writer.flush()
        except BagkitError as error:
            failure = (error.code, str(error))
            send_message(sys.stdout.buffer, (index, number, start, failure, None))
            return
        answer = (index, number, start, ("", ""), packed.to_fields())
        send_message(sys.stdout.buffer, answer)


def _make_scanner(setup: tuple[Any, ...] | None, scratch: Path) -> FileScanner | None:
    if not setup:
        return None
    identities, is_replacing = setup
    rules = ScanRules(identities=identities, is_replacing=is_replacing)
    return FileScanner(rules, scratch)


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
