"""OneRoster bundles as rosters."""

from pathlib import Path

import pytest

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.plan import CoursePlan
from bookbag.imports.planning import plan_load
from tests.factories_files import roster_row, write_oneroster, write_roster, write_work

ENROLMENTS = [
    ("class-1", "anna", "student"),
    ("class-1", "tess", "teacher"),
    ("class-1", "anna", "proctor"),
    ("class-2", "bo", "student"),
]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of one class with anna's work."""
    write_oneroster(tmp_path, enrolments=ENROLMENTS)
    write_work(tmp_path / "workspaces" / "lab1" / "anna")
    return tmp_path


def _faults(path: Path, **options: str) -> list[str]:
    with pytest.raises(LoadFaultsError) as caught:
        plan_load(path, **options)  # type: ignore[arg-type]  # options of each test
    return [str(fault) for fault in caught.value.faults]


def _usernames(plan: CoursePlan) -> list[str]:
    return [person.username for person in plan.roster.people]


def test_it_reads_the_people_of_the_only_class(bundle: Path) -> None:
    plan = plan_load(bundle)

    assert plan.course_name == "CS101"
    assert _usernames(plan) == ["anna", "tess"]
    assert plan.roster.usernames(EnrolmentRole.TEACHER) == ["tess"]
    assert plan.roster.people[0].email == "anna@school.example"
    assert plan.roster.is_complete
    assert plan.notes == ("enrollments.csv: line 4 left out: nobody learns as proctor",)


@pytest.mark.parametrize("name", ["class-2", "physics", "PH-1"])
def test_one_of_several_classes_is_chosen_by_any_name(bundle: Path, name: str) -> None:
    classes = [("class-1", "CS101", "CS-1"), ("class-2", "Physics", "PH-1")]
    write_oneroster(bundle, enrolments=ENROLMENTS, classes=classes)
    (bundle / "workspaces" / "lab1" / "anna").rename(
        bundle / "workspaces" / "lab1" / "bo"
    )

    plan = plan_load(bundle, class_name=name)

    assert (plan.course_name, _usernames(plan)) == ("Physics", ["bo"])


def test_several_classes_need_a_choice(bundle: Path) -> None:
    classes = [("class-1", "CS101", ""), ("class-2", "Physics", "")]
    write_oneroster(bundle, enrolments=ENROLMENTS, classes=classes)

    assert _faults(bundle) == [
        "classes.csv: Found 2 classes, expected exactly one; the bundle has 2: "
        "'CS101', 'Physics'"
    ]
    assert _faults(bundle, class_name="Chemistry") == [
        "classes.csv: Found 0 classes called 'Chemistry', expected exactly one; the "
        "bundle has 2: 'CS101', 'Physics'"
    ]


def test_a_bundle_without_its_manifest_is_a_fault(bundle: Path) -> None:
    (bundle / "manifest.csv").unlink()

    assert _faults(bundle) == [
        f"{bundle}: Found a OneRoster bundle without manifest.csv, expected it"
    ]


def test_a_bundle_of_changes_is_a_fault(bundle: Path) -> None:
    manifest = bundle / "manifest.csv"
    text = manifest.read_text().replace("file.users,bulk", "file.users,delta")
    manifest.write_text(text.replace("oneroster.version,1.2", "oneroster.version,1.0"))

    assert _faults(bundle) == [
        "manifest.csv:3: Found OneRoster 1.0, expected 1.2",
        "manifest.csv:4: Found file.users as delta, expected bulk",
    ]


def test_an_enrolment_of_nobody_and_an_unknown_role_are_faults(bundle: Path) -> None:
    with (bundle / "enrollments.csv").open("a", encoding="utf-8") as file:
        file.write("e8,class-1,school-1,id-nobody,student\n")
        file.write("e9,class-1,school-1,id-bo,janitor\n")

    assert _faults(bundle) == [
        "enrollments.csv:6: Found user 'id-nobody', expected one of users.csv",
        "enrollments.csv:7: Found role 'janitor', expected student or teacher",
    ]


def test_a_doubled_identifier_is_a_fault(bundle: Path) -> None:
    users = bundle / "users.csv"
    last = users.read_text().splitlines()[-1]
    with users.open("a", encoding="utf-8") as file:
        file.write(f"{last}\n")

    assert _faults(bundle) == [
        "users.csv:5: Found sourcedId 'id-bo' again, expected it once; first on line 4"
    ]


def test_a_person_at_fault_is_named_by_the_line_of_the_users(bundle: Path) -> None:
    users = bundle / "users.csv"
    users.write_text(users.read_text().replace("tess@school.example", "tess"))

    assert _faults(bundle) == [
        "users.csv:3: Found an e-mail address that is not valid, expected name@host"
    ]


def test_two_rosters_are_a_fault(bundle: Path) -> None:
    write_roster(bundle, [roster_row("anna")])

    assert _faults(bundle) == [
        f"{bundle}: Found roster.csv and a OneRoster bundle, expected one roster"
    ]
