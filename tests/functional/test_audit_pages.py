"""The page *Audit*: what people do shows up there, and filters find it."""

import pytest
from django.test import Client
from django.urls import reverse

from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.states import ExportState
from tests import factories

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def course() -> Course:
    return factories.make_course("CS101")


@pytest.fixture
def admin(course: Course) -> User:
    return factories.make_member(course.workspace, "ada", role=MemberRole.ADMIN)


@pytest.fixture
def busy_day(client: Client, course: Course, admin: User) -> None:
    """A teacher asks, opens and downloads; a stranger tries; an admin looks."""
    teacher = factories.make_teacher(course, "tom")
    ready = factories.make_export(course, teacher, state=ExportState.READY)
    page = reverse("export", kwargs={"export_id": ready.pk})
    client.force_login(teacher, BACKEND)
    form = {"purpose": "my thesis"}
    started = {"course_id": course.pk, "identifier": "user-access"}
    client.post(reverse("start-course", kwargs=started), form)
    client.get(page)
    client.post(reverse("export-download", kwargs={"export_id": ready.pk}))
    client.force_login(factories.make_user("eve"), BACKEND)
    client.get(page, REMOTE_ADDR="192.0.2.66")
    seal_all_drafts()
    client.force_login(admin, BACKEND)


def look(client: Client, course: Course, **query: str) -> str:
    url = reverse("audit", kwargs={"slug": course.workspace.slug})
    return client.get(url, query).content.decode()


@pytest.mark.usefixtures("busy_day")
def test_it_shows_who_did_what_for_what_and_from_where(
    client: Client, course: Course
) -> None:
    page = look(client, course)

    assert "4 entries" in page
    for words in ("Asked for an export", "For: my thesis", "Opened an export"):
        assert words in page
    assert "Downloaded an export" in page
    assert page.count('class="pill danger"') == 1
    assert "192.0.2.66" in page


@pytest.mark.usefixtures("busy_day")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"search": "eve"}, "1 entry"),
        ({"search": "tom thesis"}, "1 entry"),
        ({"search": "192.0.2.66"}, "1 entry"),
        ({"act": "export"}, "4 entries"),
        ({"act": "export.downloaded"}, "1 entry"),
        ({"act": "member"}, "0 entries"),
        ({"result": "refused"}, "1 entry"),
        ({"since": "2000-01-01", "until": "2000-01-02"}, "0 entries"),
        ({"since": "2000-01-01"}, "4 entries"),
        ({"since": "2026-13-45", "until": "soon"}, "4 entries"),
    ],
)
def test_filters_find_it(
    client: Client, course: Course, query: dict[str, str], count: str
) -> None:
    assert count in look(client, course, **query)


@pytest.mark.usefixtures("busy_day")
def test_another_workspace_sees_nothing_of_it(client: Client) -> None:
    other = factories.make_course("CS102")
    client.force_login(
        factories.make_member(other.workspace, role=MemberRole.ADMIN), BACKEND
    )

    assert "Nothing has happened yet" in look(client, other)


def test_a_file_that_is_fetched_in_parts_is_downloaded_once(
    client: Client, course: Course, admin: User
) -> None:
    export = factories.make_export(
        course, admin, state=ExportState.READY, storage_key="published/none.zip"
    )
    client.force_login(admin, BACKEND)
    for start in ("0", "10"):
        client.get(
            reverse("export-file", kwargs={"export_id": export.pk}),
            headers={"Range": f"bytes={start}-"},
        )
    seal_all_drafts()

    assert "1 entry" in look(client, course, act="export.downloaded")
