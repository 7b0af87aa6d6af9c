"""Pages of a workspace: who sees which session, and lists that stay quick."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookbag.domain.people.groups import make_group
from bookbag.domain.people.models import MemberRole, User, Workspace
from tests import factories

pytestmark = pytest.mark.django_db

START = datetime(2026, 10, 1, 10, tzinfo=UTC)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(client: Client, person: User) -> Client:
    client.force_login(person, BACKEND)
    return client


def fill(workspace: Workspace, count: int) -> None:
    people = [factories.make_member(workspace) for _ in range(count)]
    for person in people:
        scenario = factories.make_scenario(workspace)
        factories.make_session(scenario, person, started_at=START, program=person.email)
        make_group(workspace, f"Group {person.pk}", [p.email for p in people])


@pytest.mark.parametrize(
    "name",
    ["users", "groups", "sessions", "scenarios", "programs", "export-data", "audit"],
)
def test_more_rows_take_no_more_queries(client: Client, name: str) -> None:
    counts = []
    for rows in (1, 12):
        workspace = factories.make_workspace()
        fill(workspace, rows)
        sign_in(client, factories.make_member(workspace, role=MemberRole.ADMIN))
        url = reverse(name, kwargs={"slug": workspace.slug})
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_a_session_opens_for_its_participant_and_for_admins(client: Client) -> None:
    workspace = factories.make_workspace()
    participant = factories.make_member(workspace)
    session = factories.make_session(
        factories.make_scenario(workspace), participant, started_at=START
    )
    people = {
        200: [participant, factories.make_member(workspace, role=MemberRole.ADMIN)],
        404: [
            factories.make_member(workspace, role=MemberRole.STAFF),
            factories.make_member(factories.make_workspace(), role=MemberRole.ADMIN),
        ],
    }
    url = reverse("session", kwargs={"session_id": session.pk})

    for status, persons in people.items():
        for person in persons:
            assert sign_in(client, person).get(url).status_code == status


def test_members_see_their_own_sessions_only(client: Client) -> None:
    workspace = factories.make_workspace()
    mine, yours = (factories.make_scenario(workspace, n) for n in ("Mine", "Yours"))
    me = factories.make_member(workspace)
    factories.make_session(mine, me, started_at=START)
    factories.make_session(yours, factories.make_member(workspace), started_at=START)

    url = reverse("sessions", kwargs={"slug": workspace.slug})
    page = sign_in(client, me).get(url).content.decode()

    links = page.count('class="row-name" href="/sessions/')
    assert links == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=ada", ["ada"]),
        ("role=Staff", ["bo"]),
        ("status=Deactivated", ["cy"]),
        ("seat_type=Basic", ["bo"]),
        ("search=example.edu&role=Staff", ["bo"]),
        ("search=nobody", []),
    ],
)
def test_users_are_searched_and_filtered(
    client: Client, query: str, found: list[str]
) -> None:
    workspace = factories.make_workspace()
    factories.make_member(workspace, "ada")
    bo = factories.make_member(workspace, "bo", role=MemberRole.STAFF)
    bo.memberships.update(seat_type="Basic")
    factories.make_member(workspace, "cy", status="Deactivated")
    admin = factories.make_member(workspace, "xadmin", role=MemberRole.OWNER)

    url = reverse("users", kwargs={"slug": workspace.slug})
    page = sign_in(client, admin).get(f"{url}?{query}").context["page"]

    assert [member.user.username for member in page.object_list] == found


def test_pages_of_a_list_keep_the_filter(client: Client) -> None:
    workspace = factories.make_workspace()
    for _ in range(51):
        factories.make_member(workspace)
    admin = factories.make_member(workspace, role=MemberRole.ADMIN)
    url = reverse("users", kwargs={"slug": workspace.slug})

    page = sign_in(client, admin).get(f"{url}?role=Member").content.decode()

    assert 'href="?role=Member&amp;page=2"' in page
    second = client.get(f"{url}?role=Member&page=2").context["page"]
    assert len(second.object_list) == 1
