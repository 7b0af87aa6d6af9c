"""LTI 1.3: real launches by an independent platform, and each one that is refused."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
    Project,
)
from bookbag.domain.lti.addresses import get_lti_course, get_lti_workspace
from bookbag.domain.lti.models import LaunchedPerson, LaunchTicket, Platform
from bookbag.domain.lti.selectors import list_integration_urls
from bookbag.domain.people.models import Member, MemberRole, MemberStatus, User
from tests import factories
from tests.fakes.platform import (
    MEMBERSHIP,
    FakePlatform,
    LaunchWish,
    read_query,
    running_platform,
)

pytestmark = pytest.mark.django_db

TOOL_URL = "http://testserver"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


@pytest.fixture
def course(launchable: Course) -> Course:
    return launchable


@pytest.fixture
def platform(course: Course) -> Iterator[FakePlatform]:
    with running_platform(TOOL_URL) as running:
        Platform.objects.create(
            workspace=course.workspace, name="Campus", **running.addresses
        )
        yield running


def find_url(course: Course) -> str:
    return list_integration_urls(course)[0].url


def ask_for_launch(
    client: Client, platform: FakePlatform, wish: LaunchWish
) -> dict[str, str]:
    """Go through the login and return what the platform would post."""
    answer = client.get(platform.make_login_url(wish))
    assert answer.status_code == 302, answer.content.decode()
    return platform.make_launch(read_query(answer["Location"]))


def post(client: Client, made: dict[str, str]) -> tuple[int, str]:
    fields = {"state": made["state"], "id_token": made["id_token"]}
    answer = client.post("/lti/launch/", fields)
    text = answer.content.decode()
    code = text.partition("LTI · <code>")[2].partition("</code>")[0]
    return answer.status_code, code or answer.get("Location", "")


def launch(client: Client, platform: FakePlatform, wish: LaunchWish) -> tuple[int, str]:
    return post(client, ask_for_launch(client, platform, wish))


def test_a_learner_is_made_enrolled_signed_in_and_led_to_the_project(
    client: Client, course: Course, platform: FakePlatform, recorded: list[object]
) -> None:
    wish = LaunchWish(target=find_url(course))

    first = launch(client, platform, wish)
    again = launch(Client(), platform, wish)

    project = Project.objects.get()
    assert first == again == (302, f"/projects/{project.pk}/")
    person = User.objects.get(email="ada@platform.example")
    assert (person.first_name, person.last_name) == ("Ada", "Lovelace")
    assert client.session["_auth_user_id"] == str(person.pk)
    assert Enrolment.objects.get(user=person).role == EnrolmentRole.STUDENT
    assert Member.objects.get(user=person).role == MemberRole.MEMBER
    assert LaunchedPerson.objects.get().subject == "subject-1"
    assert project.owner == person
    assert len(recorded) == 2  # two log-ins


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (f"{MEMBERSHIP}Learner", EnrolmentRole.STUDENT),
        (f"{MEMBERSHIP}Instructor", EnrolmentRole.TEACHER),
        (f"{MEMBERSHIP}ContentDeveloper", EnrolmentRole.TEACHER),
        (
            "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor"
            "#TeachingAssistant",
            EnrolmentRole.TEACHER,
        ),
    ],
)
def test_roles_of_the_course_are_mapped(
    client: Client, course: Course, platform: FakePlatform, role: str, expected: str
) -> None:
    elsewhere = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"

    status, _ = launch(
        client,
        platform,
        LaunchWish(target=find_url(course), roles=(elsewhere, role)),
    )

    assert status == 302
    assert Enrolment.objects.get().role == expected


def test_the_enrol_url_opens_no_assignment(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    own = get_lti_workspace(course.workspace)
    url = f"{TOOL_URL}/lti/{own.identifier}_course_{get_lti_course(course).code}"

    assert launch(client, platform, LaunchWish(target=url)) == (
        302,
        f"/courses/{course.pk}/",
    )
    assert not Project.objects.exists()


def test_a_constant_url_finds_its_course_by_a_custom_parameter(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    code = get_lti_course(course).code
    copy = factories.make_course("CS102", workspace=course.workspace)
    factories.make_assignment(copy, "Lab One")
    for one in (course, copy):
        lti_course = get_lti_course(one)
        lti_course.is_enabled = lti_course.has_constant_urls = True
        lti_course.save()
    url = find_url(course)
    assert url == find_url(copy)

    assert launch(client, platform, LaunchWish(target=url))[1] == "course_not_named"
    for number, name in enumerate(
        ("bookbag_course_target_id", "codio_course_target_id")
    ):
        wish = LaunchWish(
            target=url, subject=f"s{number}", email="", custom={name: code}
        )
        assert launch(Client(), platform, wish)[0] == 302
    assert set(Project.objects.values_list("assignment__course", flat=True)) == {
        course.pk
    }


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "another-tool"}, "audience"),
        ({"aud": ["bookbag-client", "b"], "azp": "b"}, "audience"),
        ({"nonce": "made-up"}, "replayed"),
        ({f"{CLAIM}deployment_id": "deployment-2"}, "deployment"),
        ({f"{CLAIM}message_type": "LtiDeepLinkingRequest"}, "message_type"),
        ({f"{CLAIM}roles": [f"{MEMBERSHIP}Mentor"]}, "role"),
        ({f"{CLAIM}target_link_uri": f"{TOOL_URL}/lti/nowhere"}, "unknown_url"),
        ({"sub": None}, "signature"),
    ],
)
def test_a_token_that_says_something_wrong_is_refused(
    client: Client,
    course: Course,
    platform: FakePlatform,
    claims: dict[str, object],
    code: str,
) -> None:
    wish = LaunchWish(target=find_url(course))
    asked = read_query(client.get(platform.make_login_url(wish))["Location"])
    made = platform.make_launch(asked)
    body = platform.decode(made["id_token"])
    made["id_token"] = platform.sign({**body, **claims})

    assert post(client, made) == (403, code)
    assert not User.objects.exists()


def test_an_expired_token_is_refused(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    wish = LaunchWish(target=find_url(course), expires_seconds=-120)

    assert launch(client, platform, wish) == (403, "expired")


def test_a_token_of_another_key_is_refused(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    platform.set_key(
        rsa.generate_private_key(public_exponent=65_537, key_size=2048),
        is_published=False,
    )

    refused = launch(client, platform, LaunchWish(target=find_url(course)))

    assert refused == (403, "signature")


def test_a_new_key_of_the_platform_is_fetched(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    wish = LaunchWish(target=find_url(course))
    assert launch(client, platform, wish)[0] == 302
    platform.set_key(rsa.generate_private_key(public_exponent=65_537, key_size=2048))

    assert launch(Client(), platform, wish)[0] == 302


def test_a_launch_works_once(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    made = ask_for_launch(client, platform, LaunchWish(target=find_url(course)))

    assert post(client, made)[0] == 302
    assert post(client, made) == (403, "replayed")


def test_another_browser_cannot_end_a_launch(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    made = ask_for_launch(client, platform, LaunchWish(target=find_url(course)))

    assert post(Client(), made) == (403, "state")
    assert post(client, {**made, "state": "other"}) == (403, "state")
    assert post(client, {**made, "id_token": "a.b"}) == (403, "format")


def test_an_unknown_platform_is_refused_at_the_login(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    url = platform.make_login_url(LaunchWish(target=find_url(course)))
    Platform.objects.all().delete()

    answer = client.get(url)

    assert answer.status_code == 403
    assert "The platform of this launch is not known here." in answer.content.decode()
    assert not LaunchTicket.objects.exists()


def test_a_closed_course_says_so(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    url = find_url(course)
    lti_course = get_lti_course(course)
    lti_course.is_enabled = False
    lti_course.save()

    assert launch(client, platform, LaunchWish(target=url)) == (403, "course_closed")


def test_a_course_of_another_workspace_is_out_of_reach(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    other = factories.make_course("CS900")
    Platform.objects.update(workspace=other.workspace)

    refused = launch(client, platform, LaunchWish(target=find_url(course)))

    assert refused == (403, "unknown_url")
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"role": MemberRole.ADMIN}, "admin"),
        ({"role": MemberRole.OWNER}, "admin"),
        ({"status": MemberStatus.DEACTIVATED}, "deactivated"),
    ],
)
def test_who_may_do_more_or_nothing_is_not_let_in(
    client: Client,
    course: Course,
    platform: FakePlatform,
    change: dict[str, str],
    code: str,
) -> None:
    member = factories.make_member(course.workspace, "ada")
    Member.objects.filter(user=member).update(**change)
    wish = LaunchWish(target=find_url(course), email="ADA@example.edu")

    assert launch(client, platform, wish) == (403, code)
    assert "_auth_user_id" not in client.session


def test_a_known_person_who_became_an_admin_is_not_let_in(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    wish = LaunchWish(target=find_url(course))
    launch(Client(), platform, wish)
    Member.objects.update(role=MemberRole.ADMIN)

    assert launch(client, platform, wish) == (403, "admin")


def test_an_email_is_matched_in_its_own_workspace_only(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    stranger = factories.make_member(factories.make_workspace(), "ada")
    wish = LaunchWish(target=find_url(course), email=stranger.email)

    assert launch(client, platform, wish)[0] == 302
    assert LaunchedPerson.objects.get().user != stranger

    member = factories.make_member(course.workspace, "ben")
    wish = LaunchWish(target=find_url(course), subject="s2", email=member.email)
    assert launch(Client(), platform, wish)[0] == 302
    assert LaunchedPerson.objects.get(subject="s2").user == member


def test_who_belongs_to_two_workspaces_signs_in_otherwise(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    member = factories.make_member(course.workspace, "ada")
    Member.objects.create(workspace=factories.make_workspace(), user=member)
    wish = LaunchWish(target=find_url(course), email=member.email)

    assert launch(client, platform, wish) == (403, "other_workspace")


def test_a_removed_student_comes_back(
    client: Client, course: Course, platform: FakePlatform
) -> None:
    wish = LaunchWish(target=find_url(course))
    launch(client, platform, wish)
    Enrolment.objects.update(removed_at=course.created_at)

    assert launch(Client(), platform, wish)[0] == 302
    assert Enrolment.objects.get().removed_at is None
    assert Assignment.objects.count() == 1
