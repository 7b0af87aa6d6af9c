"""Archives that somebody else made: the reader, a bag's documents, the verifier."""

import contextlib
import gzip
import io
import json
import os
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pyarrow as pa

from bagkit.archive import (
    UnpackLimits,
    check_archive,
    open_bag,
    read_contents,
    unpack_archive,
    verify_archive,
)
from bagkit.errors import BagkitError
from bagkit.receipt import encode_canonically
from tests.factories_files import write_work
from tests.fuzzing.targets import Target, held_in_memory
from tests.unit.archive.malicious import REFUSED, tar_member, tarred, zipped
from tests.unit.packing.bags import KEY, TOP, expect, write

LIMITS = UnpackLimits(
    max_members=1000, max_bytes=32 << 20, max_file_bytes=16 << 20, max_depth=20
)
LEFT_OUT = ("a bomb",)
"""It takes longer to make than it is worth here."""
MODIFIED = 1_700_000_000
"""So that every run begins with the same bytes."""
DOCUMENTS = (
    "receipt.json",
    "receipt.sig",
    "manifest-sha256.txt",
    "tagmanifest-sha256.txt",
    "bag-info.txt",
    "bagit.txt",
    "data/course.json",
    "data/names.csv",
    "data/links.csv",
    "data/problems.csv",
)
"""What a bag says of itself."""


def fuzz_archive(content: bytes) -> None:
    """Check an archive, look into it, and unpack it when it passed."""
    with held_in_memory(content) as path:
        with contextlib.suppress(BagkitError):
            read_contents(path, limits=LIMITS)
        with contextlib.suppress(BagkitError):
            summary = check_archive(path, limits=LIMITS)
            with tempfile.TemporaryDirectory(prefix="fuzzed-") as folder:
                target = Path(folder, "out")
                unpacked = unpack_archive(path, target, limits=LIMITS)
                assert unpacked == summary
                assert list(Path(folder).iterdir()) == [target]


def fuzz_verifier(content: bytes) -> None:
    """Verify some bytes as an archive; nothing but findings may come of it."""
    with held_in_memory(content) as path:
        report = verify_archive(path, public_key=KEY.public_key())
        assert report.summary
        assert content == make_bag() or not report.is_ok


def fuzz_documents(content: bytes) -> None:
    """Put some bytes in the place of one document of a bag, and read the bag.

    Shape: the first byte chooses the document.
    """
    if not content:
        return
    name = DOCUMENTS[content[0] % len(DOCUMENTS)]
    document = content[1:]
    if name == "receipt.json":
        document = spell_canonically(document)
    with held_in_memory(replace_document(name, document)) as path:
        verify_archive(path)
        with contextlib.suppress(BagkitError):
            read_contents(path, limits=LIMITS)
        with contextlib.suppress(BagkitError), open_bag(path, limits=LIMITS) as bag:
            with contextlib.suppress(BagkitError):
                bag.read_receipt()
            list(bag.iter_names())


def spell_canonically(document: bytes) -> bytes:
    """Return a receipt as its reader wants it spelt, so that it is read further."""
    try:
        return encode_canonically(json.loads(document))
    except (ValueError, RecursionError, AttributeError):
        return document


@cache
def make_bag() -> bytes:
    """Return a small bag of ours."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ada = write_work(home / "ada")
        (ada / "link").symlink_to("main.py")
        (ada / "a:b").write_text("renamed")
        for path in (ada, *ada.iterdir()):
            os.utime(path, (MODIFIED, MODIFIED), follow_symlinks=False)
        write(home / "it.zip", expect({"ada": ada, "ben": None}), processes=1)
        return (home / "it.zip").read_bytes()


@cache
def _read_bag() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(make_bag())) as archive:
        return {i.filename: archive.read(i) for i in archive.infolist()}


def read_document(name: str) -> bytes:
    """Return one of the documents of the bag."""
    return _read_bag()[f"{TOP}/{name}"]


def replace_document(name: str, document: bytes) -> bytes:
    """Return the bag with another document."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in {**_read_bag(), f"{TOP}/{name}": document}.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return buffer.getvalue()


@cache
def make_archives() -> list[bytes]:
    """Return archives of every format, whole and malicious ones."""
    tar = tarred(tar_member("a"), tar_member("b/c"))
    evil = [make() for name, (make, _) in REFUSED.items() if name not in LEFT_OUT]
    return [
        make_bag(),
        zipped(b"a", b"b/c", b"d/"),
        tar,
        gzip.compress(tar, mtime=0),
        bytes(pa.Codec("zstd").compress(tar, asbytes=True)),
        *(archive for archive in evil if not archive.startswith(b"\x1f\x8b")),
    ]


@cache
def make_documents() -> list[bytes]:
    """Return each of a bag's documents behind the byte that chooses it."""
    return [
        bytes([number]) + read_document(name) for number, name in enumerate(DOCUMENTS)
    ]


ZIP_WORDS = (
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"),
    *(b"PK\x07\x08", b"UT\x05\x00", b"\x01\x00\x10\x00", b"\xff" * 4, b"\xff" * 8),
    *(b"../", b"..\\", b"ustar\x0000", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"),
    *(b"30 mtime=1", b"path=", b"size=", b"linkpath=", b"GNU.sparse."),
)
TARGETS = (
    Target(
        name="archive",
        run=fuzz_archive,
        make_seeds=make_archives,
        words=ZIP_WORDS,
        packages=("bagkit",),
    ),
    Target(
        name="verifier",
        run=fuzz_verifier,
        make_seeds=lambda: [make_bag(), zipped(b"a")],
        words=ZIP_WORDS,
        packages=("bagkit", "zipfile"),
    ),
    Target(
        name="documents",
        run=fuzz_documents,
        make_seeds=make_documents,
        words=(b'"cells":', b'"seal":', b'"snapshot_at":', b"null", b"1e999", b"\\x00"),
        packages=("bagkit",),
    ),
)
