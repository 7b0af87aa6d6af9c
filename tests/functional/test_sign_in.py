"""Signing in with a password and a second factor, and proving oneself again."""

import base64
import hashlib
import hmac
import re
import struct
import time
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.activity.models import SignIn
from bookbag.domain.activity.recording import write_events
from bookbag.domain.audit.models import Act, AuditEntry
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another-battery-of-horses"  # noqa: S105 - of test users only
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """Nobody has tried too often yet."""
    cache.clear()


@pytest.fixture
def course() -> Course:
    return factories.make_course()


@pytest.fixture
def teacher(course: Course) -> User:
    return factories.make_teacher(course, "tess")


def sign_in(client: Client, password: str = PASSWORD, login: str = "tess") -> int:
    return client.post(LOGIN, {"login": login, "password": password}).status_code


def prove(client: Client) -> str:
    """Prove oneself again, and return where that leads."""
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return str(answer.headers.get("Location", ""))


def compute_code(secret: str, at: float) -> str:
    """Return the code of an authenticator app (RFC 6238)."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def activate_totp(client: Client) -> str:
    """Set an authenticator app up on the page, and return its secret."""
    prove(client)
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"', page)
    assert found
    code = compute_code(found[1], time.time())
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code})
    assert answer.status_code == 302
    return found[1]


def verify_address(person: User) -> None:
    EmailAddress.objects.create(
        user=person, email=person.email, verified=True, primary=True
    )


def test_after_ten_wrong_passwords_the_right_one_does_not_help(
    client: Client, teacher: User
) -> None:
    for number in range(10):
        sign_in(client, "wrong", "tess" if number % 2 else "TESS@example.edu")

    assert sign_in(client) == 429
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_is_asked_for_and_its_secret_is_sealed(
    client: Client, teacher: User
) -> None:
    verify_address(teacher)
    sign_in(client)
    secret = activate_totp(client)
    client.post("/accounts/logout/")

    assert sign_in(client) == 302
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    with time_machine.travel(timezone.now() + timedelta(seconds=60)):
        code = compute_code(secret, time.time())
        client.post("/accounts/2fa/authenticate/", {"code": code})

    assert client.session["_auth_user_id"] == str(teacher.pk)
    kept = Authenticator.objects.get(type="totp").data
    assert secret not in str(kept)
    entry = AuditEntry.objects.filter(act=Act.ACCOUNT_CHANGED).first()
    assert entry is not None
    assert entry.detail == "a second factor added"


def test_a_recovery_code_works_once(client: Client, teacher: User) -> None:
    verify_address(teacher)
    sign_in(client)
    activate_totp(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap()
    code = codes.get_unused_codes()[0]
    for expected in (True, False):
        client.post("/accounts/logout/")
        sign_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert ("_auth_user_id" in client.session) is expected


def ask_for_user_access(client: Client, course: Course, **headers: str) -> Client:
    form = {"course_id": course.pk, "identifier": "user-access"}
    return client.post(reverse("start-course", kwargs=form), headers=headers)  # type: ignore[return-value]  # an answer


def test_who_signed_in_long_ago_proves_themselves_and_goes_on(
    client: Client, course: Course, teacher: User
) -> None:
    sign_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        asked = ask_for_user_access(client, course)
        assert asked["Location"].startswith("/accounts/reauthenticate/?next=")  # type: ignore[index]
        assert not Export.objects.exists()

        query = asked["Location"]  # type: ignore[index]
        client.post(query, {"password": "wrong"})
        assert not Export.objects.exists()
        client.post(query, {"password": PASSWORD})
    assert Export.objects.count() == 1


def test_a_part_of_a_page_leads_the_whole_window_there(
    client: Client, course: Course, teacher: User
) -> None:
    sign_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        asked = ask_for_user_access(client, course, **{"HX-Request": "true"})

    assert asked["HX-Redirect"].startswith("/accounts/reauthenticate/")  # type: ignore[index]


def test_nobody_proves_themselves_for_their_own_data(
    client: Client, course: Course, teacher: User
) -> None:
    sign_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        slug = {"slug": course.workspace.slug}
        client.post(reverse("start-my-data", kwargs=slug))

    assert Export.objects.count() == 1


def test_a_download_wants_a_recent_sign_in_but_goes_on_without(
    client: Client, course: Course, teacher: User
) -> None:
    export = factories.make_export(course, teacher, state=ExportState.READY)
    file = reverse("export-file", kwargs={"export_id": export.pk})
    begin = reverse("export-download", kwargs={"export_id": export.pk})
    sign_in(client)

    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        for answer in (client.get(file), client.post(begin)):
            assert answer["Location"].startswith("/accounts/reauthenticate/")
    client.post(begin)
    with time_machine.travel(timezone.now() + timedelta(minutes=122)):
        assert client.head(file).status_code == 200


def test_who_has_no_password_signs_in_again(
    client: Client, course: Course, teacher: User
) -> None:
    teacher.set_unusable_password()
    teacher.save()
    client.force_login(teacher, "django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        page = f"http://testserver/courses/{course.pk}/admin/"
        asked = ask_for_user_access(client, course, Referer=page)

    assert asked["Location"] == f"{LOGIN}?next=/courses/{course.pk}/admin/"  # type: ignore[index]
    assert "_auth_user_id" not in client.session


def test_a_new_password_is_no_log_out(
    client: Client, teacher: User, recorded: list[object]
) -> None:
    sign_in(client)
    write_events(recorded)  # type: ignore[arg-type]  # what the fixture gathered
    recorded.clear()
    before = client.session.session_key

    fields = ("oldpassword", "password1", "password2")
    values = dict(zip(fields, (PASSWORD, NEW_PASSWORD, NEW_PASSWORD), strict=True))
    client.post("/accounts/password/change/", values)

    after = client.session.session_key
    assert after != before
    assert SignIn.objects.get().session_key == after
    assert recorded == []


@pytest.mark.parametrize(
    "weak", ["shorter-one", "password1234", "123456789012", "tess.example"]
)
def test_a_weak_password_is_refused(client: Client, teacher: User, weak: str) -> None:
    sign_in(client)
    values = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}

    answer = client.post("/accounts/password/change/", values)

    assert answer.status_code == 200
    teacher.refresh_from_db()
    assert teacher.check_password(PASSWORD)


def test_other_browsers_are_listed_and_signed_out(
    client: Client, teacher: User
) -> None:
    elsewhere = Client(REMOTE_ADDR="192.0.2.9", HTTP_USER_AGENT="Lynx")
    sign_in(elsewhere)
    sign_in(client)

    page = client.get("/accounts/sessions/").content.decode()
    client.post("/accounts/sessions/")

    assert "192.0.2.9" in page
    assert "Lynx" in page
    assert elsewhere.get("/my-data/").status_code == 302
    assert client.get("/my-data/").status_code == 200


def test_signing_in_renews_the_session(client: Client, teacher: User) -> None:
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = str(before)

    sign_in(client)

    assert client.session.session_key != before


def test_another_address_counts_once_it_is_verified(
    client: Client, teacher: User
) -> None:
    verify_address(teacher)
    sign_in(client)
    prove(client)
    client.post("/accounts/email/", {"email": "new@example.edu", "action_add": "1"})
    teacher.refresh_from_db()
    assert teacher.email == "tess@example.edu"

    message = mail.outbox[-1]
    assert message.to == ["new@example.edu"]
    found = re.search(r"http://\S+", str(message.body))
    assert found
    path = found[0].removeprefix("http://testserver")
    client.post(path)

    teacher.refresh_from_db()
    assert teacher.email == "new@example.edu"


def test_mandatory_verification_lets_nobody_in_before(
    client: Client, teacher: User, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"

    sign_in(client)

    assert "_auth_user_id" not in client.session
    assert mail.outbox[-1].to == [teacher.email]


def test_the_operators_admin_has_no_door_of_its_own(client: Client) -> None:
    answer = client.get("/operator/login/")

    assert (answer.status_code, answer["Location"]) == (
        302,
        "/accounts/login/?next=%2Foperator%2Flogin%2F",
    )
