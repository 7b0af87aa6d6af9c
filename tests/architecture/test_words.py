"""What must not stand in any file of the project."""

import re

from tests.architecture.documents import iter_written_files

# In pieces, so that this file does not hold what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
        ("cdnjs", "cloudflare", "com"),
        ("fonts", "googleapis", "com"),
    )
]
PLACES = ["/" + place + "/" for place in ("work", "root", "opt/wheels")]
MERGE_MARK = re.compile(r"^(<{7} |>{7} |={7}$)", re.MULTILINE)
PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]*" + "PRIVATE KEY-----")


def test_no_file_names_a_registry_or_a_delivery_network() -> None:
    found = [
        (path, host)
        for path, text in iter_written_files()
        for host in HOSTS
        if host in text
    ]

    assert found == []


def test_no_file_names_a_place_of_one_machine() -> None:
    found = [
        (path, place)
        for path, text in iter_written_files()
        for place in PLACES
        if re.search(rf"(?<![\w./-]){re.escape(place)}", text)
    ]

    assert found == []


def test_no_file_holds_a_merge_mark_or_a_private_key() -> None:
    found = [
        path
        for path, text in iter_written_files()
        if MERGE_MARK.search(text) or PRIVATE_KEY.search(text)
    ]

    assert found == []
