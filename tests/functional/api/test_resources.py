"""Resources as programs read and change them: pages of lists, filters, and changes."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbag.domain.activity.models import AccessEvent, AccessType
from bookbag.domain.audit.models import AuditDraft
from bookbag.domain.courses.models import Course, EnrolmentRole
from bookbag.domain.people.groups import add_to_group, make_group
from bookbag.domain.people.models import Group, Member, MemberRole, User, Workspace
from tests import factories
from tests.functional.api.conftest import PREFIX, ApiClient, api_of


def walk(api: ApiClient, path: str) -> list[list[dict[str, object]]]:
    """Return all pages of a list, as the ``Link`` headers lead through it."""
    pages = []
    while path:
        answer = api.get(path)
        assert answer.status_code == 200, answer.json()
        pages.append(answer.json()["items"])
        found = re.search(r'<[^>]*?(/api/v1[^>]*)>; rel="next"', answer["Link"])
        assert (found is None) == (answer.json()["next_cursor"] is None)
        path = found[1].removeprefix(PREFIX) if found else ""
    return pages


@pytest.mark.parametrize("sort", ["id", "-id", "joined_at", "-joined_at"])
def test_a_list_is_walked_by_its_links_in_any_order(
    api: ApiClient, workspace: Workspace, sort: str
) -> None:
    moment = timezone.now()
    for number in range(5):
        factories.make_member(workspace)
        # Equal values, so that the key has to decide between them.
        Member.objects.update(joined_at=moment - timedelta(days=number // 2))

    pages = walk(api, f"/workspaces/{workspace.slug}/members?limit=2&sort={sort}")

    column = sort.removeprefix("-").replace("id", "pk")
    order = [("-" if sort.startswith("-") else "") + name for name in (column, "pk")]
    expected = Member.objects.filter(workspace=workspace).order_by(*order)
    assert [len(page) for page in pages] == [2, 2, 2]
    assert [item["id"] for page in pages for item in page] == list(
        expected.values_list("pk", flat=True)
    )


def test_rows_that_come_meanwhile_shift_no_page(
    api: ApiClient, workspace: Workspace
) -> None:
    factories.make_member(workspace)
    path = f"/workspaces/{workspace.slug}/members?limit=1&sort=-id"
    first = api.get(path).json()
    factories.make_member(workspace)

    second = api.get(f"{path}&cursor={first['next_cursor']}").json()

    assert second["items"][0]["id"] < first["items"][0]["id"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "WyJpZCIsIngiLCJ4Il0", "%00"])
def test_a_cursor_of_nothing_is_refused(
    api: ApiClient, workspace: Workspace, cursor: str
) -> None:
    answer = api.get(f"/workspaces/{workspace.slug}/members?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert answer.json()["errors"][0]["field"].startswith("query.")


def test_a_cursor_of_another_order_is_refused(
    api: ApiClient, workspace: Workspace
) -> None:
    factories.make_member(workspace)
    path = f"/workspaces/{workspace.slug}/members?limit=1"
    cursor = api.get(path).json()["next_cursor"]

    assert api.get(f"{path}&sort=-id&cursor={cursor}").status_code == 422
    assert api.get(f"{path}&cursor={cursor}").status_code == 200


def test_members_are_filtered(api: ApiClient, workspace: Workspace) -> None:
    factories.make_member(workspace, "grace", role=MemberRole.STAFF)
    path = f"/workspaces/{workspace.slug}/members"

    by_role = api.get(f"{path}?role=Staff").json()["items"]
    by_name = api.get(f"{path}?search=grac").json()["items"]
    nobody = api.get(f"{path}?search=grac&status=Deactivated").json()["items"]
    wrong = api.get(f"{path}?role=Boss")

    assert [item["username"] for item in by_role] == ["grace"]
    assert [item["username"] for item in by_name] == ["grace"]
    assert nobody == []
    assert "query.role" in wrong.json()["detail"]


def test_a_member_is_changed_by_the_same_rules_as_on_pages(
    api: ApiClient, workspace: Workspace, admin: User
) -> None:
    user = factories.make_member(workspace, "grace")
    member = Member.objects.get(user=user)
    path = f"/workspaces/{workspace.slug}/members/{member.pk}"

    changed = api.ask("PATCH", path, {"role": "Staff", "status": "Deactivated"})
    refused = api.ask("PATCH", path, {"role": "Owner"})
    unknown = api.ask("PATCH", path, {"seat_type": "Throne"})

    assert (changed.json()["role"], changed.json()["status"]) == (
        "Staff",
        "Deactivated",
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "owner_needed")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid_name")
    drafts = AuditDraft.objects.filter(person_key=admin.pk, face="api")
    assert [draft.act for draft in drafts] == ["member.changed", "member.deactivated"]


def test_a_group_is_made_read_and_deleted(api: ApiClient, workspace: Workspace) -> None:
    user = factories.make_member(workspace, "grace")
    path = f"/workspaces/{workspace.slug}/groups"

    made = api.post(path, {"name": "Night shift", "emails": [user.email]})
    again = api.post(path, {"name": "night SHIFT"})
    nobody = api.post(path, {"name": "Other", "emails": ["x@example.edu"]})
    group_path = f"{path}/{made.json()['id']}"
    members = api.get(f"{group_path}/members").json()["items"]
    deleted = api.ask("DELETE", group_path)

    assert made.status_code == 201
    assert made["Location"].endswith(group_path)
    assert made.json()["member_count"] == 1
    assert again.json()["code"] == "name_taken"
    assert nobody.json()["code"] == "not_a_member"
    assert [m["email"] for m in members] == [user.email]
    assert deleted.status_code == 204
    assert api.get(group_path).status_code == 404
    assert Group.objects.filter(deleted_at__isnull=True).count() == 0


def test_courses_and_what_is_in_them(api: ApiClient, course: Course) -> None:
    assignment = factories.make_assignment(course, "Lab One")
    student = factories.enrol(course)
    removed = factories.enrol(course, is_removed=True)
    project = factories.make_project(assignment, student)
    path = f"/courses/{course.pk}"

    enrolled = api.get(f"{path}/enrolments?is_removed=false").json()["items"]
    gone = api.get(f"{path}/enrolments?is_removed=true").json()["items"]

    assert [c["name"] for c in api.get("/courses").json()["items"]] == ["CS101"]
    assert api.get(path).json()["student_count"] == 1
    assert len(api.get(f"{path}/modules").json()["items"]) == 1
    assert api.get(f"{path}/assignments").json()["items"][0]["folder"] == "lab-one"
    assert [item["user_id"] for item in enrolled] == [student.pk]
    assert [item["user_id"] for item in gone] == [removed.pk]
    assert api.get(f"{path}/projects?owner_id={student.pk}").json()["items"] == [
        api.get(f"/projects/{project.pk}").json()
    ]


def test_students_see_what_is_theirs(course: Course) -> None:
    student = factories.enrol(course)
    scenario = factories.make_scenario(course.workspace)
    own = factories.make_session(scenario, student, started_at=timezone.now())
    other = factories.make_session(
        scenario, factories.enrol(course), started_at=timezone.now()
    )
    api = api_of(student)

    sessions = api.get(f"/workspaces/{course.workspace.slug}/sessions").json()["items"]

    assert [item["id"] for item in sessions] == [own.pk]
    assert api.get(f"/sessions/{other.pk}").status_code == 404
    assert api.get(f"/courses/{course.pk}").status_code == 200
    assert api.get(f"/courses/{course.pk}/enrolments").json()["code"] == "not_permitted"


def test_access_events_of_a_course(api: ApiClient, course: Course) -> None:
    teacher = factories.make_teacher(course)
    now = timezone.now()
    for minutes, kind in ((3, AccessType.LOG_IN), (2, AccessType.PROJECT_OPEN)):
        is_project = kind == AccessType.PROJECT_OPEN
        AccessEvent.objects.create(
            user=teacher,
            access_type=kind,
            occurred_at=now + timedelta(minutes=minutes),
            course=course if is_project else None,
            role=EnrolmentRole.TEACHER if is_project else "",
        )

    path = f"/courses/{course.pk}/access-events"
    pages = walk(api, f"{path}?limit=1")
    opened = api.get(f"{path}?access_type=Project+Open").json()["items"]

    kinds = [item["access_type"] for page in pages for item in page]
    assert kinds == ["Project Open", "Log In"]
    assert [item["role"] for item in opened] == ["Teacher"]


def test_workspaces_say_what_the_caller_is_in_them(
    workspace: Workspace, admin: User
) -> None:
    other = factories.make_workspace()
    Member.objects.create(workspace=other, user=admin)
    service = api_of(factories.make_service(workspace))

    found = api_of(admin).get("/workspaces").json()["items"]

    assert {w["slug"]: w["is_administered"] for w in found} == {
        workspace.slug: True,
        other.slug: False,
    }
    assert [w["slug"] for w in service.get("/workspaces").json()["items"]] == [
        workspace.slug
    ]


@pytest.mark.parametrize(
    "path", ["/workspaces/{}/members", "/workspaces/{}/groups", "/exports", "/courses"]
)
def test_a_long_page_asks_no_more_than_a_short_one(
    api: ApiClient,
    workspace: Workspace,
    course: Course,
    admin: User,
    path: str,
) -> None:
    counts = []
    for _round in range(2):
        for number in range(3):
            user = factories.make_member(workspace)
            group = make_group(workspace, f"Group {user.pk} {number}")
            add_to_group(group, [user.email])
            factories.make_export(course, admin)
        counts.append(count_queries(api, path.format(workspace.slug)))

    assert counts[0] == counts[1]


def count_queries(api: ApiClient, path: str) -> int:
    api.get("/catalogue")  # begins the window of the rate limit, if it is a new one
    with CaptureQueriesContext(connection) as captured:
        assert api.get(path).status_code == 200
    return len(captured)
