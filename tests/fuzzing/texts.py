"""Texts that somebody else wrote: course files, tables, lists of people."""

import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from bagkit.archive.lists import NAMES
from bagkit.errors import BagkitError, TableError
from bagkit.receipt import check_signature, read_public_key, sign_receipt
from bagkit.tables import Dialect, iter_found_rows, read_table
from bagkit.trees.names import escape_path, map_names, unescape_path
from bookbag.formats.course_file import read_described_course
from bookbag.imports.course_files import parse_course_file
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.faults import FaultList
from bookbag.imports.oneroster import read_bundle
from bookbag.imports.rosters import COLUMNS, parse_roster
from bookbag.imports.session_files import read_sessions
from tests.factories_files import roster_row, write_oneroster, write_roster
from tests.fuzzing.targets import Target, held_in_memory
from tests.unit.packing.bags import KEY
from tests.unit.tables.tables import make_schema, write_rows

ROOT = Path("/course")
SCHEMA = make_schema(
    name="string", count="integer", grade="number", on="date", at="datetime"
)
DIALECTS = tuple(Dialect)
BUNDLE = ("manifest.csv", "users.csv", "classes.csv", "enrollments.csv")


def fuzz_course(content: bytes) -> None:
    """Read a course file of an archive, and one that a person wrote."""
    notes: list[str] = []
    described = read_described_course(content, notes.append)
    assert (described is None) == bool(notes)
    faults = FaultList(ROOT)
    description = parse_course_file(content, ROOT / "course.json", faults)
    assert (description is None) == bool(faults.faults)
    assert all(str(fault).isprintable() for fault in faults.faults)


def fuzz_tables(content: bytes) -> None:
    """Read a table back, in the dialect that the first byte chooses."""
    if not content:
        return
    choice = content[0] % (len(DIALECTS) + 1)
    if choice == len(DIALECTS):
        with contextlib.suppress(TableError):
            list(iter_found_rows(io.BytesIO(content[1:]), NAMES))
        return
    with held_in_memory(content[1:]) as path, contextlib.suppress(TableError):
        read_table(path, SCHEMA, DIALECTS[choice])


def fuzz_people(content: bytes) -> None:
    """Read a roster, sessions, or one file of a OneRoster bundle."""
    if not content:
        return
    choice, body = content[0] % (len(BUNDLE) + 2), content[1:]
    faults = FaultList(ROOT)
    if choice == 0:
        roster = parse_roster(body, ROOT / "roster.csv", faults)
        assert roster.people or faults.faults
    elif choice == 1:
        with held_in_memory(body) as path, tempfile.TemporaryDirectory() as folder:
            copied = Path(folder, "sessions.csv")
            copied.write_bytes(path.read_bytes())
            with contextlib.suppress(LoadFaultsError):
                assert read_sessions(copied)
    else:
        with tempfile.TemporaryDirectory() as folder:
            bundle = make_bundle(Path(folder))
            (bundle / BUNDLE[choice - 2]).write_bytes(body)
            found = FaultList(bundle)
            read_bundle(bundle, found, class_name=None)
            assert all(str(fault).isprintable() for fault in found.faults)
    assert all(str(fault).isprintable() for fault in faults.faults)


def fuzz_names(content: bytes) -> None:
    """Make names portable, escape them and read them back; read keys, signatures."""
    names = [name for name in content.replace(b"/", b"").split(b"\0") if name]
    mapped = map_names(dict.fromkeys(names))
    assert len(set(mapped.values())) == len(mapped)
    assert unescape_path(escape_path(content)) == content
    with contextlib.suppress(UnicodeDecodeError):
        unescape_path(content.decode())
    with contextlib.suppress(BagkitError):
        read_public_key(content)
    with contextlib.suppress(BagkitError):
        check_signature(b"{}", content)


def make_bundle(folder: Path) -> Path:
    """Write a OneRoster bundle of a teacher and a student."""
    enrolments = [("class-1", "ada", "student"), ("class-1", "eve", "teacher")]
    return write_oneroster(folder, enrolments=enrolments)


@cache
def make_courses() -> list[bytes]:
    """Return course files: one of each kind, and an empty object."""
    of_people = {
        "name": "CS101",
        "stacks": [{"name": "py"}],
        "modules": [
            {"name": "m", "assignments": [{"name": "a", "folder": "f", "stack": "py"}]}
        ],
    }
    of_archives = {
        "format": "bookbag-course/2",
        "name": "CS101",
        "created_at": "2026-11-22T13:05:00+00:00",
        "workspace": "main",
        "title": "One",
        "description": "",
        "modules": [
            {
                "name": "m",
                "assignments": [
                    {"name": "a", "folder": "a", "kind": "project", "book_name": ""}
                ],
            }
        ],
        "stacks": [{"name": "py", "version": "3"}],
        "projects": [
            {
                "assignment": "a",
                "username": "ada",
                "stack": {"name": "py", "version": "3"},
            }
        ],
    }
    return [json.dumps(value).encode() for value in (of_people, of_archives, {})]


@cache
def make_table(dialect: Dialect) -> bytes:
    """Return a small table in one dialect."""
    day, moment = date(2026, 11, 22), datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
    rows: list[list[object]] = [
        ["a", 1, 1.5, day, moment],
        ["=b\n,", None, None, None, None],
    ]
    return write_rows(SCHEMA, rows, dialect)[0]


@cache
def make_tables() -> list[bytes]:
    """Return a small table in every dialect, each behind its byte."""
    seeds = [
        bytes([number]) + make_table(dialect) for number, dialect in enumerate(DIALECTS)
    ]
    names = ",".join(column.name for column in NAMES.columns).encode()
    return [*seeds, bytes([len(DIALECTS)]) + names + b'\r\n"a","b","c","d"\r\n']


@cache
def make_people() -> list[bytes]:
    """Return a roster, sessions and the files of a bundle, each behind its byte."""
    sessions = b'{"email": "a@b.example", "scenario": "s", "started_at": "2026-11-22"}'
    with tempfile.TemporaryDirectory() as folder:
        roster = write_roster(Path(folder), [roster_row("ada")]).read_bytes()
        bundle = make_bundle(Path(folder))
        files = [(bundle / name).read_bytes() for name in BUNDLE]
    bodies = [roster, sessions, *files]
    return [bytes([number]) + body for number, body in enumerate(bodies)]


def make_names() -> list[bytes]:
    """Return names that some system refuses, keys and signatures."""
    return [
        b"con\0CON\0a:b\0\xff\0a.\0" + "é\0e\u0301".encode() + b"\\x41\\\\",
        sign_receipt(b"{}", KEY),
        b'{"key": "' + b"A" * 43 + b'="}',
        b"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
    ]


JSON_WORDS = (
    *(b'"modules":', b'"assignments":', b'"stacks":', b'"projects":', b'"format":'),
    *(b"null", b"NaN", b"1e999", b"\\ud800", b"\\u0000", b"[[[[", b'"created_at":'),
)
CSV_WORDS = (b'"', b"\r\n", b";", b"\t", b"\xef\xbb\xbf", *map(str.encode, COLUMNS))
Run = Callable[[bytes], None]
TARGETS = tuple(
    Target(
        name=name,
        run=run,
        make_seeds=make_seeds,
        words=words,
        packages=("bagkit", "bookbag"),
    )
    for name, run, make_seeds, words in (
        ("course", fuzz_course, make_courses, JSON_WORDS),
        ("tables", fuzz_tables, make_tables, (*CSV_WORDS, b"PK\x03\x04", b"PAR1")),
        ("people", fuzz_people, make_people, (*CSV_WORDS, *JSON_WORDS)),
        ("names", fuzz_names, make_names, (b"\0", b"\\x", b"con", b"BEGIN PUBLIC KEY")),
    )
)
