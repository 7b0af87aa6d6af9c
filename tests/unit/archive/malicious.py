"""Malicious archives, built byte by byte; one for each way that broke something.

Source: lessons 3a and M8.
"""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from bagkit.packing.zip_records import (
    DEFLATED,
    MemberHeader,
    central_header,
    end_of_central_directory,
    local_file_header,
    with_offset,
)

LINK, FILE, FOLDER = 0o120777, 0o100644, 0o040755


class ZipForge:
    """A ZIP whose every record can be made to lie."""

    def __init__(self) -> None:
        self.body = b""
        self.directory = b""
        self.count = 0

    def add(
        self,
        name: bytes,
        content: bytes = b"content",
        *,
        mode: int = FILE,
        declared: int | None = None,
        local_name: bytes | None = None,
        flags: int = 0,
        crc32: int | None = None,
    ) -> "ZipForge":
        packed = zlib.compressobj(6, zlib.DEFLATED, -15)
        data = packed.compress(content) + packed.flush()
        header = MemberHeader(
            name=name,
            mode=mode,
            modified_seconds=1_700_000_000,
            method=DEFLATED,
            crc32=zlib.crc32(content) if crc32 is None else crc32,
            size_bytes=len(content) if declared is None else declared,
            compressed_bytes=len(data),
        )
        central = bytearray(with_offset(central_header(header), len(self.body)))
        header.name = name if local_name is None else local_name
        local = bytearray(local_file_header(header))
        for record, place in ((local, 6), (central, 8)):
            (before,) = struct.unpack_from("<H", record, place)
            struct.pack_into("<H", record, place, before | flags)
        self.body += bytes(local) + data
        self.directory += bytes(central)
        self.count += 1
        return self

    def overlap(self, times: int) -> "ZipForge":
        """Name the first member again and again, always with the same data."""
        self.directory += self.directory * times
        self.count += times
        return self

    def build(self, *, count: int | None = None, front: bytes = b"") -> bytes:
        end = end_of_central_directory(
            member_count=self.count if count is None else count,
            directory_bytes=len(self.directory),
            directory_offset=len(self.body),
        )
        return front + self.body + self.directory + end


def zipped(*names: bytes, **fields: object) -> bytes:
    forge = ZipForge()
    for name in names:
        forge.add(name, **fields)  # type: ignore[arg-type]  # a test's own words
    return forge.build()


def linked(target: bytes, name: bytes = b"a/link") -> bytes:
    return ZipForge().add(name, target, mode=LINK).build()


def tarred(*members: tarfile.TarInfo, suffix: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if suffix else "w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return buffer.getvalue()


def tar_member(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = ""
) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    member.size = 3 if kind == tarfile.REGTYPE else 0
    return member


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100 << 20))
    return buffer.getvalue()


def encrypted_entry() -> bytes:
    return zipped(b"secret.txt", flags=1)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a path to the parent": (lambda: zipped(b"../evil"), "goes up"),
    "a path to the parent, in the middle": (lambda: zipped(b"a/../../evil"), "goes up"),
    "a path to the parent, for Windows": (lambda: zipped(b"..\\evil"), "backslash"),
    "an absolute path": (lambda: zipped(b"/etc/passwd"), "absolute"),
    "a drive": (lambda: zipped(b"C:/evil"), "absolute"),
    "a share": (lambda: zipped(b"\\\\host\\share\\evil"), "backslash"),
    "a dot as a name": (lambda: zipped(b"a/./b"), "empty names"),
    "an empty name": (lambda: zipped(b"a//b"), "empty names"),
    "a line break": (lambda: zipped(b"a\nb"), "control characters"),
    "a carriage return": (lambda: zipped(b"a\rb"), "control characters"),
    "a NUL": (lambda: zipped(b"a\0b"), ""),
    "the same name twice": (lambda: zipped(b"a", b"a"), "second member"),
    "a file below a file": (lambda: zipped(b"a", b"a/b"), "lie below"),
    "a folder that is a file": (
        lambda: zipped(b"a/b", b"a"),
        "a file where there is a folder",
    ),
    "a link to the parent": (lambda: linked(b"../../x"), "leads out"),
    "a link to an absolute path": (lambda: linked(b"/etc/passwd"), "leads out"),
    "a link to a sibling with the same start": (
        lambda: linked(b"../../a0/x"),
        "leads out",
    ),
    "a link that goes back and out": (lambda: linked(b"b/../../../x"), "leads out"),
    "a file below a link": (
        lambda: ZipForge().add(b"x", b"y", mode=LINK).add(b"x/authorized_keys").build(),
        "lie below",
    ),
    "a link that is too long": (lambda: linked(b"x" * 5000), "limit is 4096"),
    "an encrypted member": (encrypted_entry, "encrypted"),
    "members that overlap": (
        lambda: ZipForge().add(b"a", bytes(1000)).overlap(3).build(),
        "",
    ),
    "more content than is declared": (
        lambda: zipped(b"a", content=b"x" * 100, declared=5),
        "more than the 5 bytes",
    ),
    "less content than is declared": (
        lambda: zipped(b"a", content=b"x", declared=500),
        "1 of the 500 bytes",
    ),
    "content with another checksum": (
        lambda: zipped(b"a", crc32=1),
        "another CRC-32",
    ),
    "another name in the local header": (
        lambda: zipped(b"a", local_name=b"b"),
        "another name",
    ),
    "a count that lies": (
        lambda: ZipForge().add(b"a").build(count=2),
        "",
    ),
    "millions of members declared": (
        lambda: ZipForge().add(b"a").build(count=60_000),
        "has room for",
    ),
    "something before the archive": (
        lambda: ZipForge().add(b"a").build(front=b"#!/bin/sh\n"),
        "",
    ),
    "something behind the archive": (lambda: zipped(b"a") + b"more", ""),
    "an archive that is cut off": (lambda: zipped(b"a")[:-30], ""),
    "a bomb": (bomb, "limit is"),
    "no archive": (lambda: b"just some text" * 100, "neither a ZIP nor a tar"),
    "nothing": (lambda: b"", "neither a ZIP nor a tar"),
    "tar: a path to the parent": (lambda: tarred(tar_member("../evil")), "goes up"),
    "tar: an absolute path": (lambda: tarred(tar_member("/etc/evil")), "absolute"),
    "tar: a link that leads out": (
        lambda: tarred(tar_member("l", tarfile.SYMTYPE, "../../x")),
        "leads out",
    ),
    "tar: a hard link": (
        lambda: tarred(tar_member("a"), tar_member("h", tarfile.LNKTYPE, "a")),
        "",
    ),
    "tar: a device": (lambda: tarred(tar_member("d", tarfile.CHRTYPE)), ""),
    "tar: a pipe": (lambda: tarred(tar_member("p", tarfile.FIFOTYPE)), ""),
    "tar: the same name twice": (
        lambda: tarred(tar_member("a"), tar_member("a")),
        "second member",
    ),
    "tar: cut off": (lambda: tarred(tar_member("a"))[:600], "end of the tar"),
    "tar.gz: a path to the parent": (
        lambda: tarred(tar_member("../evil"), suffix="gz"),
        "goes up",
    ),
    "tar.gz: damaged": (
        lambda: tarred(tar_member("a"), suffix="gz")[:-12] + bytes(12),
        "gzip",
    ),
}
"""What is refused, and a part of the sentence that says why."""
