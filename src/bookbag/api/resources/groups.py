"""Groups of a workspace and who is in them, for those who administer it."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema, Status

from bookbag.api.authentication import get_person
from bookbag.api.errors import NotFoundError
from bookbag.api.fields import Id, ShortText, WorkspaceSlug
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.finding import find_administered_workspace
from bookbag.domain.people import groups as services
from bookbag.domain.people.models import Group, GroupMember, GroupRole, Workspace
from bookbag.domain.people.selectors import list_groups as select_groups

resource = Resource("Groups")
READ, WRITE = TokenScope.PEOPLE_READ, TokenScope.PEOPLE_WRITE


class GroupOut(Schema):
    """Members gathered under a name."""

    id: int
    external_id: str
    name: str
    member_count: int
    created_at: datetime


class GroupMemberOut(Schema):
    """A member in a group."""

    id: int
    member_id: int
    username: str
    email: str
    role: GroupRole


class GroupRequest(Schema):
    """A new group, with the addresses of members to put into it."""

    name: ShortText
    emails: list[ShortText] = []


class GroupQuery(Paging):
    """Which groups to list."""

    sort: Literal["id", "-id", "name", "-name"] = "id"
    search: ShortText = ""
    external_id: ShortText | None = None


class GroupMemberQuery(Paging):
    """Which members of a group to list."""

    sort: Literal["id", "-id"] = "id"
    role: GroupRole | None = None


@resource.endpoint(
    "GET",
    "/workspaces/{workspace}/groups",
    scope=READ,
    answers={200: Page[GroupOut]},
    refuses=(404, 422),
)
def list_groups(
    request: HttpRequest,
    response: HttpResponse,
    workspace: WorkspaceSlug,
    query: Query[GroupQuery],
) -> Page[GroupOut]:
    """List the groups of a workspace."""
    here = find_administered_workspace(get_person(request), workspace)
    found = select_groups(here, query.search)
    if query.external_id is not None:
        found = found.filter(external_id=query.external_id)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present)


@resource.endpoint(
    "POST",
    "/workspaces/{workspace}/groups",
    scope=WRITE,
    answers={201: GroupOut},
    refuses=(400, 404, 409, 422),
)
def create_group(
    request: HttpRequest,
    response: HttpResponse,
    workspace: WorkspaceSlug,
    body: GroupRequest,
) -> Status[GroupOut]:
    """Make a group of some members."""
    here = find_administered_workspace(get_person(request), workspace)
    made = services.make_group(here, body.name, body.emails)
    response["Location"] = request.build_absolute_uri(f"{request.path}/{made.pk}")
    return Status(201, _present(_find(here, made.pk)))


@resource.endpoint(
    "GET",
    "/workspaces/{workspace}/groups/{int:group_id}",
    scope=READ,
    answers={200: GroupOut},
    refuses=(404, 422),
)
def get_group(request: HttpRequest, workspace: WorkspaceSlug, group_id: Id) -> GroupOut:
    """Return a group."""
    here = find_administered_workspace(get_person(request), workspace)
    return _present(_find(here, group_id))


@resource.endpoint(
    "DELETE",
    "/workspaces/{workspace}/groups/{int:group_id}",
    scope=WRITE,
    answers={204: None},
    refuses=(404, 422),
)
def delete_group(
    request: HttpRequest, workspace: WorkspaceSlug, group_id: Id
) -> Status[None]:
    """Delete a group; its members stay members of the workspace."""
    here = find_administered_workspace(get_person(request), workspace)
    services.delete_group(_find(here, group_id))
    return Status(204, None)


@resource.endpoint(
    "GET",
    "/workspaces/{workspace}/groups/{int:group_id}/members",
    scope=READ,
    answers={200: Page[GroupMemberOut]},
    refuses=(404, 422),
)
def list_group_members(
    request: HttpRequest,
    response: HttpResponse,
    workspace: WorkspaceSlug,
    group_id: Id,
    query: Query[GroupMemberQuery],
) -> Page[GroupMemberOut]:
    """List who is in a group."""
    here = find_administered_workspace(get_person(request), workspace)
    group = _find(here, group_id)
    found = GroupMember.objects.filter(group=group).select_related("member__user")
    if query.role is not None:
        found = found.filter(role=query.role)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present_member)


def _find(workspace: Workspace, group_id: int) -> Group:
    group = select_groups(workspace).filter(pk=group_id).first()
    if group is None:
        raise NotFoundError
    return group


def _present(group: Group) -> GroupOut:
    return GroupOut(
        id=group.pk,
        external_id=group.external_id,
        name=group.name,
        member_count=getattr(group, "member_count", 0),
        created_at=group.created_at,
    )


def _present_member(membership: GroupMember) -> GroupMemberOut:
    user = membership.member.user
    return GroupMemberOut(
        id=membership.pk,
        member_id=membership.member_id,
        username=user.username,
        email=user.email,
        role=GroupRole(membership.role),
    )
