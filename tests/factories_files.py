"""Small courses on disk, in each layout that ``bookbag load`` reads."""

import csv
from collections.abc import Sequence
from pathlib import Path

ROSTER_COLUMNS = ("username", "email", "first_name", "last_name", "role")
Row = Sequence[str]


def write_small_course(
    target: Path, students: int = 3, assignments: int = 2, *, starts_all: bool = False
) -> Path:
    """Write a course in the native layout: roster.csv and workspaces/lab1/student1/….

    One teacher (``teacher1``); unless ``starts_all``, the last of several students
    never started the last assignment. Returns the folder to load.
    """
    rows = [roster_row("teacher1", role="Teacher")]
    rows += [roster_row(f"student{number}") for number in range(1, students + 1)]
    write_roster(target, rows)
    for lab in range(1, assignments + 1):
        for number in range(1, students + 1):
            is_left_out = lab == assignments and number == students > 1
            if starts_all or not is_left_out:
                folder = target / "workspaces" / f"lab{lab}" / f"student{number}"
                write_work(folder, f"student {number}, lab {lab}")
    return target


def roster_row(
    username: str, *, role: str = "Student", email: str | None = None
) -> Row:
    """Return one record of a roster."""
    address = f"{username}@school.example" if email is None else email
    return (username, address, username.capitalize(), "Example", role)


def write_roster(
    target: Path, rows: Sequence[Row], *, columns: Row = ROSTER_COLUMNS
) -> Path:
    """Write roster.csv into a folder, which is made if need be."""
    target.mkdir(parents=True, exist_ok=True)
    path = target / "roster.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def write_work(folder: Path, text: str = "my work") -> Path:
    """Write one student's folder: a program, notes and a dotfile."""
    folder.mkdir(parents=True)
    (folder / "main.py").write_text(f"print({text!r})\n", encoding="utf-8")
    (folder / "notes.txt").write_text(f"{text}\n" * 3, encoding="utf-8")
    (folder / ".gitignore").write_text("*.pyc\n", encoding="utf-8")
    return folder


def write_oneroster(
    target: Path, *, enrolments: Sequence[Row], classes: Sequence[Row] = ()
) -> Path:
    """Write a OneRoster 1.2 bundle; people are made up from the enrolments.

    Shape: enrolments as (class identifier, user name, role); classes as (identifier,
    title, code), by default one called CS101.
    """
    classes = classes or [("class-1", "CS101", "CS101-A")]
    usernames = list(dict.fromkeys(row[1] for row in enrolments))
    tables: dict[str, list[Row]] = {
        "manifest.csv": [
            ("propertyName", "value"),
            ("manifest.version", "1.0"),
            ("oneroster.version", "1.2"),
            ("file.users", "bulk"),
            ("file.classes", "bulk"),
            ("file.enrollments", "bulk"),
        ],
        "users.csv": [
            ("sourcedId", "status", "enabledUser", "username", "givenName",
             "familyName", "email"),
            *((f"id-{name}", "", "true", name, name.capitalize(), "Example",
               f"{name}@school.example") for name in usernames),
        ],
        "classes.csv": [("sourcedId", "title", "classCode"), *classes],
        "enrollments.csv": [
            ("sourcedId", "classSourcedId", "schoolSourcedId", "userSourcedId", "role"),
            *((f"e{number}", class_id, "school-1", f"id-{name}", role)
              for number, (class_id, name, role) in enumerate(enrolments)),
        ],
    }  # fmt: skip
    target.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (target / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return target
