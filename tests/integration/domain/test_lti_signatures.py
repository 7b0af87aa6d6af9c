"""LTI 1.1: launches that an independent implementation signed, and refusals."""

import time

import pytest
from django.test import Client

from bookbag.domain.courses.models import Course, Enrolment, Project
from bookbag.domain.lti.keys import make_consumer_key
from bookbag.domain.lti.models import ConsumerKey, LaunchedPerson
from bookbag.domain.lti.selectors import list_integration_urls
from bookbag.domain.people.models import User
from tests.fakes.consumers import sign_launch

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(launchable: Course) -> Course:
    return launchable


@pytest.fixture
def key(course: Course) -> tuple[str, str]:
    made, secret = make_consumer_key(course.workspace, "Campus")
    return made.key, secret


def post(client: Client, url: str, fields: dict[str, str]) -> tuple[int, str]:
    answer = client.post(url.removeprefix("http://testserver"), fields)
    text = answer.content.decode()
    code = text.partition("LTI · <code>")[2].partition("</code>")[0]
    return answer.status_code, code or answer.get("Location", "")


def find_url(course: Course) -> str:
    return list_integration_urls(course)[0].url


def test_a_signed_launch_opens_the_project(
    client: Client, course: Course, key: tuple[str, str]
) -> None:
    url = find_url(course)

    answer = post(client, url, sign_launch(url, *key, custom_group="A & B"))

    project = Project.objects.get()
    assert answer == (302, f"/projects/{project.pk}/")
    person = User.objects.get()
    assert (person.first_name, person.last_name) == ("Ada Lovelace (née", "Byron)")
    assert Enrolment.objects.get().role == "Student"
    assert LaunchedPerson.objects.get().subject == "person-1"
    assert ConsumerKey.objects.get().last_used_at is not None


def test_an_address_with_a_query_is_signed_with_it(
    client: Client, course: Course, key: tuple[str, str]
) -> None:
    url = f"{find_url(course)}?from=menu&empty="

    assert post(client, url, sign_launch(url, *key))[0] == 302


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"oauth_timestamp": str(int(time.time()) - 3_600)}, "expired"),
        ({"oauth_timestamp": str(int(time.time()) + 3_600)}, "expired"),
        ({"oauth_timestamp": "yesterday"}, "expired"),
        ({"oauth_consumer_key": "nobody"}, "unknown_key"),
        ({"lti_message_type": "ContentItemSelectionRequest"}, "message_type"),
        ({"user_id": ""}, "no_person"),
        ({"roles": "Mentor"}, "role"),
        ({"oauth_signature_method": "PLAINTEXT"}, "signature"),
        ({"oauth_nonce": ""}, "signature"),
    ],
)
def test_a_launch_that_says_something_wrong_is_refused(
    client: Client,
    course: Course,
    key: tuple[str, str],
    changes: dict[str, str],
    code: str,
) -> None:
    url = find_url(course)

    assert post(client, url, sign_launch(url, *key, **changes)) == (403, code)
    assert not User.objects.exists()


def test_a_wrong_secret_and_a_changed_field_are_refused(
    client: Client, course: Course, key: tuple[str, str]
) -> None:
    url = find_url(course)
    fields = sign_launch(url, *key)

    wrong = sign_launch(url, key[0], "guessed")
    assert post(client, url, wrong) == (403, "signature")
    changed = {**fields, "roles": "Instructor"}
    assert post(client, url, changed) == (403, "signature")
    # What was not genuine has not used the nonce up.
    assert post(client, url, fields)[0] == 302


def test_a_launch_works_once(
    client: Client, course: Course, key: tuple[str, str]
) -> None:
    url = find_url(course)
    fields = sign_launch(url, *key)

    assert post(client, url, fields)[0] == 302
    assert post(Client(), url, fields) == (403, "replayed")


def test_a_deleted_key_opens_nothing(
    client: Client, course: Course, key: tuple[str, str]
) -> None:
    url = find_url(course)
    fields = sign_launch(url, *key)
    ConsumerKey.objects.all().delete()

    assert post(client, url, fields) == (403, "unknown_key")


def test_the_secret_is_not_in_the_database_in_clear(key: tuple[str, str]) -> None:
    assert key[1] not in ConsumerKey.objects.get().sealed_secret


def test_an_address_that_is_only_looked_at_says_what_it_is_for(
    client: Client, course: Course
) -> None:
    answer = client.get(find_url(course).removeprefix("http://testserver"))

    assert answer.status_code == 403
    assert "This address is for learning platforms." in answer.content.decode()
