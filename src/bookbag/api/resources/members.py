"""Members of a workspace: listed and changed by those who administer it."""

from datetime import datetime
from typing import Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from bookbag.api.authentication import get_person
from bookbag.api.errors import NotFoundError
from bookbag.api.fields import Id, ShortText, WorkspaceSlug
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.finding import find_administered_workspace
from bookbag.domain.people.membership import change_member as change
from bookbag.domain.people.membership import set_member_status
from bookbag.domain.people.models import Member, MemberRole, MemberStatus, Workspace
from bookbag.domain.people.selectors import list_members as select_members

resource = Resource("Members")


class MemberOut(Schema):
    """A user in a workspace."""

    id: int
    external_id: str
    user_id: int
    username: str
    email: str
    first_name: str
    last_name: str
    role: MemberRole
    seat_type: str
    status: MemberStatus
    groups: list[str]
    joined_at: datetime
    last_login_at: datetime | None


class MemberQuery(Paging):
    """Which members to list."""

    sort: Literal["id", "-id", "joined_at", "-joined_at"] = "id"
    search: ShortText = ""
    role: MemberRole | None = None
    seat_type: ShortText = ""
    status: MemberStatus | None = None
    external_id: ShortText | None = None


class MemberChange(Schema):
    """What to change of a member; what is left out stays."""

    role: MemberRole | None = None
    seat_type: ShortText | None = None
    status: MemberStatus | None = None


@resource.endpoint(
    "GET",
    "/workspaces/{workspace}/members",
    scope=TokenScope.PEOPLE_READ,
    answers={200: Page[MemberOut]},
    refuses=(404, 422),
)
def list_members(
    request: HttpRequest,
    response: HttpResponse,
    workspace: WorkspaceSlug,
    query: Query[MemberQuery],
) -> Page[MemberOut]:
    """List the members of a workspace, deactivated ones included."""
    found = select_members(
        find_administered_workspace(get_person(request), workspace),
        search=query.search,
        role=query.role or "",
        seat_type=query.seat_type,
        status=query.status or "",
    )
    if query.external_id is not None:
        found = found.filter(external_id=query.external_id)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present)


@resource.endpoint(
    "GET",
    "/workspaces/{workspace}/members/{int:member_id}",
    scope=TokenScope.PEOPLE_READ,
    answers={200: MemberOut},
    refuses=(404, 422),
)
def get_member(
    request: HttpRequest, workspace: WorkspaceSlug, member_id: Id
) -> MemberOut:
    """Return a member."""
    here = find_administered_workspace(get_person(request), workspace)
    return _present(_find(here, member_id))


@resource.endpoint(
    "PATCH",
    "/workspaces/{workspace}/members/{int:member_id}",
    scope=TokenScope.PEOPLE_WRITE,
    answers={200: MemberOut},
    refuses=(400, 404, 409, 422),
)
def change_member(
    request: HttpRequest, workspace: WorkspaceSlug, member_id: Id, body: MemberChange
) -> MemberOut:
    """Give a member another role or seat, deactivate or reactivate them."""
    actor = get_person(request)
    member = _find(find_administered_workspace(actor, workspace), member_id)
    with transaction.atomic():
        if body.role is not None or body.seat_type is not None:
            change(
                actor=actor,
                member=member,
                role=body.role or member.role,
                seat_type=body.seat_type or member.seat_type,
            )
        if body.status is not None:
            set_member_status(actor=actor, member=member, status=body.status)
    return _present(member)


def _find(workspace: Workspace, member_id: int) -> Member:
    member = select_members(workspace).filter(pk=member_id).first()
    if member is None:
        raise NotFoundError
    return member


def _present(member: Member) -> MemberOut:
    user = member.user
    return MemberOut(
        id=member.pk,
        external_id=member.external_id,
        user_id=user.pk,
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        role=MemberRole(member.role),
        seat_type=member.seat_type,
        status=MemberStatus(member.status),
        groups=sorted(m.group.name for m in member.group_memberships.all()),
        joined_at=member.joined_at,
        last_login_at=user.last_login,
    )
