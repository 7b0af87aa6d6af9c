"""What an operator changes in Django's admin stands in the audit log."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from bookbag.domain.audit.models import Act, AuditDraft
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.web.operators import AuditedAdmin, find_workspaces
from tests import factories

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a-battery-of-horses"  # noqa: S105 - of test users only


@pytest.fixture
def operator(client: Client) -> User:
    user = factories.make_user("root", is_superuser=True, is_staff=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


def list_deeds() -> list[tuple[int, str, str, str]]:
    drafts = AuditDraft.objects.filter(act=Act.OPERATED).order_by("pk")
    return [(d.workspace_id, d.person_name, d.target, d.detail) for d in drafts]


def test_every_model_there_is_audited() -> None:
    assert len(admin.site._registry) >= 20
    for model_admin in admin.site._registry.values():
        assert isinstance(model_admin, AuditedAdmin)


@pytest.mark.usefixtures("operator")
def test_another_role_is_recorded_by_name_and_not_by_value(client: Client) -> None:
    workspace = factories.make_workspace("Lab")
    member = factories.make_member(workspace, "ada").memberships.get()
    page = reverse("admin:people_workspace_change", args=[workspace.pk])

    answer = client.post(page, {
        "name": "Lab", "slug": workspace.slug,
        "members-TOTAL_FORMS": 1, "members-INITIAL_FORMS": 1,
        "members-0-id": member.pk, "members-0-workspace": workspace.pk,
        "members-0-user": member.user_id, "members-0-role": MemberRole.OWNER,
        "members-0-status": member.status, "members-0-seat_type": member.seat_type,
        "members-0-joined_at_0": "2026-01-01", "members-0-joined_at_1": "10:00",
    })  # fmt: skip

    assert answer.status_code == 302, answer.content
    ((key, name, target, detail),) = list_deeds()
    assert (key, name, target) == (workspace.pk, "root", "workspace Lab")
    assert detail.startswith('changed changed: {"name": "member"')
    assert '"Role"' in detail


@pytest.mark.usefixtures("operator")
def test_a_password_that_is_set_is_recorded_wherever_the_person_is(
    client: Client,
) -> None:
    here = factories.make_workspace()
    ada = factories.make_member(here, "ada")
    there = factories.make_workspace()
    there.members.create(user=ada)
    page = reverse("admin:auth_user_password_change", args=[ada.pk])

    client.post(page, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    deeds = list_deeds()
    assert [key for key, *_ in deeds] == [here.pk, there.pk]
    assert deeds[0][2] == "user ada"
    assert NEW_PASSWORD not in str(deeds)


@pytest.mark.usefixtures("operator")
def test_what_is_deleted_by_the_dozen_is_recorded_one_by_one(client: Client) -> None:
    course = factories.make_course()
    stacks = [factories.make_stack(course.workspace, name) for name in "abc"]
    page = reverse("admin:courses_stack_changelist")

    client.post(page, {
        "action": "delete_selected", "post": "yes",
        "_selected_action": [stack.pk for stack in stacks],
    })  # fmt: skip

    assert [detail for *_, detail in list_deeds()] == ["deleted"] * 3


@pytest.mark.usefixtures("operator")
def test_a_second_factor_that_is_taken_away_is_recorded(client: Client) -> None:
    ada = factories.make_member(factories.make_workspace(), "ada")
    factor = Authenticator.objects.create(user=ada, type="totp", data={"secret": "x"})
    page = reverse("admin:mfa_authenticator_delete", args=[factor.pk])

    client.post(page, {"post": "yes"})

    assert not Authenticator.objects.exists()
    ((_, _, target, detail),) = list_deeds()
    assert target.startswith("authenticator ")
    assert detail == "deleted"


def test_what_belongs_to_a_workspace_is_recorded_there() -> None:
    course: Course = factories.make_course()
    assignment = factories.make_assignment(course)
    student = factories.enrol(course)
    project = factories.make_project(assignment, student)
    own = factories.make_own_project(course.workspace, student, "/nowhere")

    for thing in (course.workspace, course, assignment, project, own, student):
        assert find_workspaces(thing) == [course.workspace_id]
    assert find_workspaces(object()) == []
