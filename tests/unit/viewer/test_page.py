"""The page in an archive: the same for the same archive, and nothing in it can run."""

import io
import json
import re
import zipfile
from pathlib import Path

from bagkit.viewer import ViewedFile, ViewerPage, summarise
from bagkit.viewer.page import MAX_TEXT_BYTES, encode_data
from tests.factories_files import write_work
from tests.unit.packing.bags import TOP, expect, write

HOSTILE = "</script><img src=x onerror=alert(1)>&\u2028"
PLENTY = 1 << 30


def file(path: str, sha256: str, size_bytes: int = 100) -> ViewedFile:
    return (path, size_bytes, sha256 * 64)


class Reader:
    """Gives the same content for each file, 50 bytes of an archive."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def compressed_bytes(self, _number: int) -> int:
        return 50

    def read(self, _number: int) -> bytes:
        return self._content


def write_page(folder: Path, files: list[ViewedFile], content: bytes, size: int) -> str:
    target = io.BytesIO()
    summary = summarise(
        title=HOSTILE, snapshot_at="2026-11-22", generator="test", cells=()
    )
    with ViewerPage(folder) as page:
        page.add_workspace(files, Reader(content), size)
        page.write(target, summary, [("lab", HOSTILE, HOSTILE, "fifo")])
    return target.getvalue().decode()


def lines_of(page: str, name: str) -> list[str]:
    match = re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    return match[1].splitlines()


def test_no_name_and_no_content_can_end_its_block(tmp_path: Path) -> None:
    page = write_page(tmp_path, [file(f"{HOSTILE}.py", "a")], HOSTILE.encode(), PLENTY)

    assert "<img" not in page
    assert page.count("</script>") == 6
    assert json.loads(lines_of(page, "files")[0])[0][0] == f"{HOSTILE}.py"
    assert json.loads(lines_of(page, "texts")[0]) == ["a" * 16, HOSTILE]


def test_a_text_is_in_it_once_and_only_within_the_budget(tmp_path: Path) -> None:
    files = [file("a.py", "a"), file("b.py", "a"), file("c.py", "c"), file("d.py", "d")]

    page = write_page(tmp_path, files, b"print()\n", 10_000)

    assert len(lines_of(page, "texts")) == 2  # 120 bytes have room for two of 50
    keys = [key for _path, _size, key in json.loads(lines_of(page, "files")[0])]
    assert keys == ["a" * 16, "a" * 16, "c" * 16, ""]


def test_what_is_no_text_is_linked(tmp_path: Path) -> None:
    files = [
        file("photo.png", "a"),
        file("long.py", "b", MAX_TEXT_BYTES + 1),
        file("broken.py", "c"),
    ]

    page = write_page(tmp_path, files, b"\xff\xfe", PLENTY)

    assert lines_of(page, "texts") == []


def test_lone_surrogates_do_no_harm() -> None:
    assert encode_data("\udc80").decode() == '"\\udc80"'


def test_every_archive_has_one_that_allows_nothing_from_outside(tmp_path: Path) -> None:
    write(tmp_path / "it.zip", expect({"ada": write_work(tmp_path / "ada")}))

    with zipfile.ZipFile(tmp_path / "it.zip") as opened:
        page = opened.read(f"{TOP}/index.html").decode()

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert re.findall(r"https?://", page) == []
