"""Files with somebody planted in them, made as other programs make them."""

import io
import os
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

NAME, MAIL, LOGIN = "Ottoline Brandewyne", "quagliotti@example.edu", "quagliotti"
CORE = (
    '<?xml version="1.0"?><cp:coreProperties xmlns:cp="c" xmlns:dc="d">'
    "<dc:title>Essay</dc:title><dc:creator>{creator}</dc:creator>"
    "<cp:lastModifiedBy>{changer}</cp:lastModifiedBy></cp:coreProperties>"
)


def make_docx(
    creator: str = NAME, changer: str = "Somebody Else", body: str = ""
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        core = CORE.format(creator=creator, changer=changer)
        archive.writestr("docProps/core.xml", core)
        paragraph = f"<w:p><w:r><w:t>{body}</w:t></w:r></w:p>"
        archive.writestr("word/document.xml", f"<w:document>{paragraph}</w:document>")
        archive.writestr("word/media/image1.png", os.urandom(5000))
    return target.getvalue()


def make_odt(creator: str = NAME) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        meta = f"<office:meta><dc:creator>{creator}</dc:creator></office:meta>"
        archive.writestr("meta.xml", meta, zipfile.ZIP_DEFLATED)
        archive.writestr("content.xml", "<text:p>nobody</text:p>")
    return target.getvalue()


def make_pdf(author: bytes = b"(Ottoline Brandewyne)", filler: int = 0) -> bytes:
    return b"%PDF-1.7\n" + b"%" * filler + b"\n1 0 obj\n<< /Author " + author + b" >>\n"


def make_tiff(artist: str = NAME, *, has_position: bool = False) -> bytes:
    text = artist.encode() + b"\0"
    fields = [(0x013B, 2, len(text), 0)]
    if has_position:
        fields.append((0x8825, 4, 1, 8))
    after = 8 + 2 + 12 * len(fields) + 4
    block = b"II*\0" + struct.pack("<IH", 8, len(fields))
    for tag, kind, count, value in fields:
        block += struct.pack("<HHII", tag, kind, count, value or after)
    return block + struct.pack("<I", 0) + text


def make_jpeg(*, has_position: bool = False) -> bytes:
    exif = b"Exif\0\0" + make_tiff(has_position=has_position)
    size = struct.pack(">H", len(exif) + 2)
    return b"\xff\xd8\xff\xe0\x00\x04ab\xff\xe1" + size + exif + b"\xff\xd9"


def make_png(author: str = NAME) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    text = b"Author\0" + author.encode()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", text) + chunk(b"IEND", b"")


def make_repository(folder: Path, *, is_packed: bool) -> None:
    """Commit twice as the planted person with Git itself, in a folder of its own."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}

    def git(*arguments: str) -> None:
        subprocess.run(  # noqa: S603 - Git, on a folder of the test
            ["git", *arguments],  # noqa: S607
            cwd=folder, env=environment, check=True, capture_output=True,
        )  # fmt: skip

    folder.mkdir(parents=True, exist_ok=True)
    git("init", "-q")
    git("config", "user.name", NAME)
    git("config", "user.email", MAIL)
    for text in ("one\n" * 50, "one\n" * 50 + "two\n"):
        (folder / "work.txt").write_text(text)
        git("add", ".")
        git("commit", "-q", "-m", "work")
    if is_packed:
        git("gc", "-q", "--aggressive", "--prune=now")
