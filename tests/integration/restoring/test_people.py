"""People are found by e-mail address, or made; nobody gets or loses a right."""

from pathlib import Path

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.courses.models import Enrolment
from bookbag.domain.people.models import Member, User, Workspace
from bookbag.imports.restoring.ledger import Kind, Outcome
from tests import factories
from tests.integration.restoring.archives import (
    LAB,
    NOW,
    Rows,
    counts,
    forge,
    reasons,
    restore,
    student,
)


def log_in(username: str) -> tuple[str | None, ...]:
    return (
        username,
        f"{username}@example.edu",
        username.capitalize(),
        "Example",
        NOW.isoformat(),
        "Log In",
        None,
        "Student",
        "",
        "192.0.2.1",
    )


def test_an_address_in_another_case_is_the_same_person(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    ada = factories.make_user("a.lovelace", email="Ada@Example.edu")
    archive = forge(
        tmp_path / "it.zip", {"assignments": [LAB], "enrolments": [student("ada")]}
    )

    ledger = restore(archive, workspace, copies / "restored-1")

    ada.refresh_from_db()
    assert (ada.username, ada.first_name) == ("a.lovelace", "A.lovelace")
    assert Enrolment.objects.get().user == ada
    assert reasons(ledger, Kind.PEOPLE, Outcome.DIFFERS) == [
        (
            1,
            "first_name: 'A.lovelace' here, 'Ada' in the archive; "
            "username: 'a.lovelace' here, 'ada' in the archive",
        )
    ]


def test_a_user_name_alone_takes_nobody_over(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    boss = factories.make_member(workspace, "boss", role="Owner")
    roster: Rows = [
        student("boss", email="other@example.edu"),
        student("boss@example.edu", email="third@example.edu"),
    ]
    archive = forge(tmp_path / "it.zip", {"assignments": [LAB], "enrolments": roster})

    restore(archive, workspace, copies / "restored-1")

    made = {user.email: user.username for user in User.objects.exclude(pk=boss.pk)}
    assert made == {
        "other@example.edu": "boss2",
        # It would be taken for the address of somebody else at the sign-in.
        "third@example.edu": "boss@example.edu2",
    }
    assert not boss.enrolments.exists()


def test_nobody_gets_a_role_above_staff_or_a_password(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    boss = factories.make_member(workspace, "boss", role="Owner", status="Deactivated")
    roster: Rows = [
        student("tea", role="Teacher"),
        student("was", role="Teacher", removed_at="2026-10-01T08:00:00+00:00"),
        student("ada"),
        student("boss"),
    ]
    archive = forge(tmp_path / "it.zip", {"assignments": [LAB], "enrolments": roster})

    restore(archive, workspace, copies / "restored-1")

    members = Member.objects.filter(workspace=workspace)
    roles = dict(members.values_list("user__username", "role"))
    assert roles == {"tea": "Staff", "was": "Member", "ada": "Member", "boss": "Owner"}
    assert Member.objects.get(user=boss).status == "Deactivated"
    newcomers = User.objects.exclude(pk=boss.pk)
    assert not any(user.has_usable_password() for user in newcomers)
    assert not newcomers.filter(is_staff=True).exists()


def test_who_has_no_address_is_a_member_of_that_name_who_has_none_either(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    here = factories.make_member(workspace, "ada")
    User.objects.filter(pk=here.pk).update(email="")
    stranger = factories.make_user("ben", email="")
    roster: Rows = [student("ada", email=""), student("ben", email="")]
    archive = forge(tmp_path / "it.zip", {"assignments": [LAB], "enrolments": roster})

    restore(archive, workspace, copies / "restored-1")

    enrolled = set(Enrolment.objects.values_list("user__username", flat=True))
    assert enrolled == {"ada", "ben2"}
    assert not stranger.enrolments.exists()


def test_log_ins_come_back_only_for_people_who_are_new_here(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    factories.make_user("ada")
    tables: dict[str, Rows] = {
        "assignments": [LAB],
        "enrolments": [student("ada"), student("ben")],
        "user_access": [log_in("ada"), log_in("ben")],
    }
    archive = forge(tmp_path / "it.zip", tables)

    ledger = restore(archive, workspace, copies / "restored-1")

    assert AccessEvent.objects.get().user.username == "ben"
    assert counts(ledger)["access events"] == {"create": 1, "refused": 1}
    [(row, reason)] = reasons(ledger, Kind.EVENTS, Outcome.REFUSED)
    assert row == 1
    assert reason.startswith("The person was here before")


def test_what_is_here_is_never_changed(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    course = factories.make_course("CS101", workspace=workspace)
    course.description = "Ours"
    course.save()
    factories.enrol(course, "ada", is_removed=True)
    archive = forge(
        tmp_path / "it.zip", {"assignments": [LAB], "enrolments": [student("ada")]}
    )

    ledger = restore(archive, workspace, copies / "restored-1")

    course.refresh_from_db()
    assert course.description == "Ours"
    assert Enrolment.objects.get().removed_at is not None
    assert counts(ledger)["course"] == {"differs": 1}
    assert counts(ledger)["enrolments"] == {"differs": 1}
    assert counts(ledger)["assignments"] == {"create": 1}
