"""docs/security.md names a test for every lesson, and each of these tests exists."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.architecture.sizes import ROOT

PAGE = ROOT / "docs" / "security.md"
NODE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ADVISORY = re.compile(r"CVE-\d{4}-\d{4,}|GHSA(?:-\w{4}){3}")
LESSONS = re.findall(
    r"\S+",
    """
GHSA-8r73-cjhp-chc2 41757 49133 349524 416161 CVE-2025-4517 CVE-2025-4330
CVE-2025-4435 CVE-2026-11940 CVE-2026-82049 CVE-2025-8194 CVE-2024-0450 31564
CVE-2026-3114 CVE-2023-46104 CVE-2026-6340 CVE-2022-2185 CVE-2022-36066 CVE-2022-40407
CVE-2026-39405 1927 CVE-2015-5601 CVE-2026-26045 GHSA-xvmh-25jw-gmmm CVE-2012-6099
CVE-2020-23996 CVE-2023-27526 CVE-2023-25504 CVE-2020-36944 GHSA-gg6x-xx78-448c
CVE-2026-94620 CVE-2023-28330 CVE-2026-6957 CVE-2019-9960 CVE-2020-11455 M3
MSA-24-0028 CVE-2026-9712 CVE-2026-5600 CVE-2026-3473 CVE-2026-27153 CVE-2012-1155
GHSA-gw95-48xq-gqf9 GHSA-jr83-8x65-xcr5 CVE-2020-25703 GHSA-358r-g2xw-7c83
CVE-2024-53991 CVE-2026-3113 CVE-2022-36359 GHSA-pcjh-6r5h-r92r CVE-2023-42504
GHSA-6hf8-hv66-q62p GHSA-3hp7-4qq4-v5c6 GHSA-xgwh-cgv9-783v CVE-2021-46363 CWE-1236
1.2.10 M10 M11 CVE-2021-32472 CVE-2025-67851 CVE-2025-4981 CVE-2025-8291
""",
)
"""What went wrong elsewhere and must not here."""


def iter_rows() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each row of the tables that name tests, with the tests of it."""
    has_tests = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| "):
            continue
        if line.endswith("| tests |") or "| --- |" in line:
            has_tests = has_tests or line.endswith("| tests |")
        elif has_tests:
            yield line, NODE.findall(line)
        if re.fullmatch(r"\| what \|.*", line):
            has_tests = False


@cache
def list_tests(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_has_a_test_and_every_test_exists() -> None:
    rows = list(iter_rows())
    missing = [
        f"{path}::{name}"
        for _, nodes in rows
        for path, name in nodes
        if not (ROOT / path).exists() or name not in list_tests(path)
    ]

    assert [row[:60] for row, nodes in rows if not nodes] == []
    assert missing == []
    assert len(rows) >= 55


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_lesson_is_left_out(lesson: str) -> None:
    firsts = [row.split("|")[1] for row, _ in iter_rows()]

    assert any(re.search(rf"\b{re.escape(lesson)}\b", first) for first in firsts)


def test_no_advisory_is_named_that_is_no_lesson() -> None:
    named = set(ADVISORY.findall(PAGE.read_text(encoding="utf-8")))

    assert named <= set(LESSONS)
