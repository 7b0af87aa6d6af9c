"""OneRoster bundles: users, classes and enrolments as a set of CSV files.

Source: OneRoster 1.2.1, CSV binding.
"""

from dataclasses import dataclass
from pathlib import Path

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.formats.texts import show_text
from bookbag.imports.csv_tables import CsvRecord, read_table
from bookbag.imports.faults import FaultList, match_key
from bookbag.imports.people_rules import RosterBuilder
from bookbag.imports.plan import PlannedPerson, Roster

MANIFEST, USERS, CLASSES, ENROLLMENTS = (
    "manifest.csv",
    "users.csv",
    "classes.csv",
    "enrollments.csv",
)
REQUIRED_FILES = (MANIFEST, USERS, CLASSES, ENROLLMENTS)
BUNDLE_FILES = frozenset(
    {
        *REQUIRED_FILES,
        "academicSessions.csv",
        "categories.csv",
        "classResources.csv",
        "courseResources.csv",
        "courses.csv",
        "demographics.csv",
        "lineItemLearningObjectiveIds.csv",
        "lineItems.csv",
        "lineItemScoreScales.csv",
        "orgs.csv",
        "resources.csv",
        "resultLearningObjectiveIds.csv",
        "results.csv",
        "resultScoreScales.csv",
        "roles.csv",
        "scoreScales.csv",
        "userProfiles.csv",
        "userResources.csv",
    }
)
"""Every file that the binding names; only the required ones are read."""
VERSIONS = ("1.1", "1.2")
ROLES = {"student": EnrolmentRole.STUDENT, "teacher": EnrolmentRole.TEACHER}
OTHER_ROLES = ("administrator", "aide", "guardian", "parent", "proctor", "relative")
SHOWN_CLASSES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _SchoolClass:
    """One class of the bundle; Bookbag calls it a course."""

    sourced_id: str
    title: str
    code: str

    def is_called(self, name: str) -> bool:
        """Answer whether somebody may mean this class by that name."""
        names = (self.sourced_id, self.title, self.code)
        return match_key(name) in {match_key(known) for known in names if known}


def is_bundle(folder: Path) -> bool:
    """Answer whether the folder holds a OneRoster bundle."""
    return all((folder / name).is_file() for name in (USERS, ENROLLMENTS))


def read_bundle(folder: Path, faults: FaultList, *, class_name: str | None) -> Roster:
    """Read the people of one class of a bundle.

    Args:
        folder: Where the CSV files lie.
        faults: Where faults and notes go.
        class_name: Identifier, title or code of the class; may be None when the
            bundle has one class only.

    Returns:
        The people of the class whose records are in order.
    """
    builder = RosterBuilder(folder / USERS, faults)
    missing = [name for name in REQUIRED_FILES if not (folder / name).is_file()]
    for name in missing:
        faults.add(folder, f"Found a OneRoster bundle without {name}, expected it")
    school_class = None
    if not missing:
        _check_manifest(folder / MANIFEST, faults)
        school_class = _choose_class(folder / CLASSES, faults, class_name)
    if school_class is not None:
        _add_enrolled(folder, faults, builder, school_class)
    return builder.build(
        origin=f"{faults.show(folder)} (OneRoster)",
        course_name=school_class.title if school_class else "",
    )


def _check_manifest(path: Path, faults: FaultList) -> None:
    records = read_table(path, faults, required=("propertyName", "value"))
    if not records:
        return
    entries = {record["propertyName"].lower(): record for record in records}
    version = entries.get("oneroster.version")
    if version is None:
        faults.add(path, "Found no oneroster.version, expected 1.2")
    elif version["value"] not in VERSIONS:
        message = f"Found OneRoster {show_text(version['value'])}, expected 1.2"
        faults.add(path, message, line=version.line)
    for name in ("users", "classes", "enrollments"):
        entry = entries.get(f"file.{name}")
        if entry is None:
            faults.add(path, f"Found no file.{name}, expected bulk")
        elif entry["value"].lower() != "bulk":
            # A delta names changes only; who is missing from it may still be there.
            message = f"Found file.{name} as {show_text(entry['value'])}, expected bulk"
            faults.add(path, message, line=entry.line)


def _choose_class(
    path: Path, faults: FaultList, class_name: str | None
) -> _SchoolClass | None:
    classes = [
        _SchoolClass(
            sourced_id=record["sourcedId"],
            title=record["title"],
            code=record["classCode"],
        )
        for record in read_table(
            path, faults, required=("sourcedId", "title"), optional=("classCode",)
        )
    ]
    chosen = [
        school_class
        for school_class in classes
        if class_name is None or school_class.is_called(class_name)
    ]
    if len(chosen) == 1:
        return chosen[0]
    known = ", ".join(f"'{show_text(c.title)}'" for c in classes[:SHOWN_CLASSES])
    wanted = "" if class_name is None else f" called '{show_text(class_name)}'"
    message = (
        f"Found {len(chosen)} classes{wanted}, expected exactly one; the bundle has "
        f"{len(classes)}: {known}"
    )
    faults.add(path, message)
    return None


def _add_enrolled(
    folder: Path, faults: FaultList, builder: RosterBuilder, school_class: _SchoolClass
) -> None:
    path = folder / ENROLLMENTS
    users = _read_users(folder / USERS, faults)
    for record in read_table(
        path, faults, required=("classSourcedId", "userSourcedId", "role")
    ):
        if record["classSourcedId"] != school_class.sourced_id:
            continue
        role = _read_role(path, faults, record)
        if role is None:
            continue
        user = users.get(record["userSourcedId"])
        if user is None:
            message = (
                f"Found user '{show_text(record['userSourcedId'])}', expected one of "
                f"{USERS}"
            )
            faults.add(path, message, line=record.line)
        else:
            builder.add(_to_person(user, faults.show(folder / USERS)), role)
    if not builder.people and not faults.faults:
        faults.add(path, "Found no student or teacher of the class, expected some")


def _read_users(path: Path, faults: FaultList) -> dict[str, CsvRecord]:
    users: dict[str, CsvRecord] = {}
    for record in read_table(
        path,
        faults,
        required=("sourcedId", "username", "givenName", "familyName"),
        optional=("email",),
    ):
        first = users.setdefault(record["sourcedId"], record)
        if first is not record:
            message = (
                f"Found sourcedId '{show_text(record['sourcedId'])}' again, expected "
                f"it once; first on line {first.line}"
            )
            faults.add(path, message, line=record.line)
    return users


def _read_role(
    path: Path, faults: FaultList, record: CsvRecord
) -> EnrolmentRole | None:
    name = record["role"].lower()
    if name in OTHER_ROLES:
        faults.note(path, f"line {record.line} left out: nobody learns as {name}")
    elif name not in ROLES:
        message = (
            f"Found role '{show_text(record['role'])}', expected student or teacher"
        )
        faults.add(path, message, line=record.line)
    return ROLES.get(name)


def _to_person(record: CsvRecord, path: str) -> PlannedPerson:
    return PlannedPerson(
        username=record["username"],
        email=record["email"],
        first_name=record["givenName"],
        last_name=record["familyName"],
        path=path,
        line=record.line,
    )
