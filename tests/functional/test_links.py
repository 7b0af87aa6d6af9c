"""Mailed links: for one person, for some days, and never guessed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import User
from bookbag.exports.links import issue_link
from bookbag.exports.models import DownloadLink, Export
from bookbag.exports.states import ExportState
from tests import factories

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def course() -> Course:
    return factories.make_course()


@pytest.fixture
def teacher(course: Course) -> User:
    return factories.make_teacher(course)


@pytest.fixture
def export(course: Course, teacher: User) -> Export:
    return factories.make_export(course, teacher, state=ExportState.READY)


def test_a_link_opens_a_page_and_downloads_nothing(
    client: Client, export: Export, teacher: User
) -> None:
    token = issue_link(export, teacher)
    client.force_login(teacher, BACKEND)

    answer = client.get(f"/links/{token}/")

    assert answer.status_code == 200
    assert "Download" in answer.content.decode()
    assert not export.events.exists()


def test_a_link_may_be_opened_again_and_again(
    client: Client, export: Export, teacher: User
) -> None:
    token = issue_link(export, teacher)
    client.force_login(teacher, BACKEND)

    statuses = [client.get(f"/links/{token}/").status_code for _ in range(3)]

    assert statuses == [200, 200, 200]


def test_the_database_holds_no_token(export: Export, teacher: User) -> None:
    token = issue_link(export, teacher)

    link = DownloadLink.objects.get()
    assert token not in {str(value) for value in vars(link).values()}
    assert len(token) >= 43  # 256 bits in base64


def test_somebody_else_is_told_that_there_is_nothing(
    client: Client, course: Course, export: Export, teacher: User
) -> None:
    token = issue_link(export, teacher)
    client.force_login(factories.make_teacher(course), BACKEND)

    theirs = client.get(f"/links/{token}/")
    unknown = client.get("/links/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/")

    assert (theirs.status_code, unknown.status_code) == (404, 404)
    assert theirs.content == unknown.content


def test_a_revoked_link_is_refused(
    client: Client, export: Export, teacher: User
) -> None:
    lost = issue_link(export, teacher)
    fresh = issue_link(export, teacher)
    client.force_login(teacher, BACKEND)

    assert client.get(f"/links/{lost}/").status_code == 404
    assert client.get(f"/links/{fresh}/").status_code == 200


def test_an_expired_link_says_so_and_offers_a_new_export(
    client: Client, export: Export, teacher: User
) -> None:
    token = issue_link(export, teacher)
    past = timezone.now() - timedelta(seconds=1)
    DownloadLink.objects.update(expires_at=past)
    Export.objects.update(expires_at=past)
    client.force_login(teacher, BACKEND)

    answer = client.get(f"/links/{token}/")

    assert answer.status_code == 410
    assert "This link expired on" in answer.content.decode()
    assert f"/exports/{export.pk}/again" in answer.content.decode()


def test_a_right_that_ended_ends_the_link(
    client: Client, export: Export, teacher: User
) -> None:
    token = issue_link(export, teacher)
    Enrolment.objects.filter(user=teacher).update(removed_at=timezone.now())
    client.force_login(teacher, BACKEND)

    assert client.get(f"/links/{token}/").status_code == 404


def test_a_link_leads_through_the_sign_in(
    client: Client, export: Export, teacher: User
) -> None:
    token = issue_link(export, teacher)

    answer = client.post(
        f"/accounts/login/?next=/links/{token}/",
        {"login": teacher.email, "password": factories.PASSWORD},
    )

    assert (answer.status_code, answer["Location"]) == (302, f"/links/{token}/")


@pytest.mark.parametrize("login", ["username", "email"])
def test_one_signs_in_with_user_name_or_email(
    client: Client, teacher: User, login: str
) -> None:
    answer = client.post(
        "/accounts/login/",
        {"login": getattr(teacher, login).upper(), "password": factories.PASSWORD},
    )

    assert answer.status_code == 302


def test_a_wrong_password_is_refused_without_a_hint(
    client: Client, teacher: User
) -> None:
    known = client.post("/accounts/login/", {"login": teacher.email, "password": "x"})
    unknown = client.post("/accounts/login/", {"login": "nobody", "password": "x"})

    sentence = "The email address and/or password you specified are not correct"
    assert sentence in known.content.decode()
    assert known.status_code == unknown.status_code == 200
