"""Browser tests wait for what they look for, so that a slow machine fails none."""

import re
from pathlib import Path

import pytest

FILES = sorted(Path("tests/functional").glob("test_browser_*.py"))
HASTY = re.compile(r"assert .*\.(is_\w+|count|inner_text|text_content)\(")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_asserted_of_a_page_that_may_still_be_loading(path: Path) -> None:
    hasty = [line for line in path.read_text().splitlines() if HASTY.search(line)]

    assert hasty == []
