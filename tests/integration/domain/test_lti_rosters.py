"""Names and Roles: an independent platform's roster becomes enrolments."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.lti.errors import RosterError
from bookbag.domain.lti.models import Platform, RosterSource
from bookbag.domain.lti.rosters import sync_roster
from bookbag.domain.lti.tool_keys import describe_key_set
from tests import factories
from tests.fakes.platform import MEMBERSHIP, FakePlatform, running_platform

pytestmark = pytest.mark.django_db


def describe(number: int, role: str = "Learner", **changes: Any) -> dict[str, Any]:
    return {
        "user_id": f"s{number}",
        "name": f"Person {number}",
        "given_name": "Person",
        "family_name": str(number),
        "email": f"p{number}@platform.example",
        "roles": [f"{MEMBERSHIP}{role}"],
        "status": "Active",
        **changes,
    }


@pytest.fixture
def course(launchable: Course) -> Course:
    return launchable


@pytest.fixture
def platform(course: Course) -> Iterator[FakePlatform]:
    with running_platform("http://testserver") as running:
        registered = Platform.objects.create(
            workspace=course.workspace, name="Campus", **running.addresses
        )
        RosterSource.objects.create(
            course=course,
            platform=registered,
            memberships_url=f"{running.url}/members",
        )
        running.registration.set_tool_key_set(describe_key_set())
        yield running


def enrolled(course: Course) -> dict[str, str]:
    here = Enrolment.objects.filter(course=course, removed_at__isnull=True)
    return dict(here.values_list("user__email", "role"))


def test_all_pages_of_a_roster_are_taken(
    course: Course, platform: FakePlatform
) -> None:
    platform.members = [
        describe(1),
        describe(2, "Instructor"),
        describe(3, status="Inactive"),
        describe(4, "Mentor"),
        describe(5),
    ]

    change = sync_roster(course)

    assert (change.enrolled_count, change.removed_count) == (3, 0)
    assert enrolled(course) == {
        "p1@platform.example": "Student",
        "p2@platform.example": "Teacher",
        "p5@platform.example": "Student",
    }
    assert sync_roster(course).unchanged_count == 3
    assert RosterSource.objects.get().synced_at is not None


def test_who_left_the_platform_leaves_the_course_and_others_stay(
    course: Course, platform: FakePlatform
) -> None:
    own = factories.enrol(course, "own")
    platform.members = [describe(1), describe(2)]
    sync_roster(course)
    platform.members = [describe(2), describe(1, status="Deleted")]

    change = sync_roster(course)

    assert change.removed_count == 1
    assert set(enrolled(course)) == {"p2@platform.example", own.email}


def test_an_admin_in_the_roster_is_named_and_left_alone(
    course: Course, platform: FakePlatform
) -> None:
    admin = factories.make_member(course.workspace, role="Admin")
    platform.members = [describe(1, email=admin.email), describe(2)]

    change = sync_roster(course)

    assert change.enrolled_count == 1
    assert change.skipped == (
        f"{admin.email}: Your account administers this workspace or this server.",
    )


def test_a_platform_that_is_away_changes_nothing(
    course: Course, platform: FakePlatform
) -> None:
    platform.members = [describe(1)]
    sync_roster(course)
    platform.stop()

    with pytest.raises(RosterError, match="Campus did not give its roster"):
        sync_roster(course)

    assert len(enrolled(course)) == 1


def test_without_a_platform_there_is_no_roster(course: Course, client: Client) -> None:
    with pytest.raises(RosterError, match="Found no platform that offers its roster"):
        sync_roster(course)

    teacher = factories.make_teacher(course)
    client.force_login(teacher, "django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/courses/{course.pk}/admin/roster/", follow=True)
    assert "Found no platform that offers its roster" in answer.content.decode()
