"""Workspaces that the caller belongs to."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from bookbag.api.authentication import get_person
from bookbag.api.fields import WorkspaceSlug
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.finding import find_workspace
from bookbag.domain.people.models import Workspace
from bookbag.domain.policies import administered_workspaces, viewable_workspaces

resource = Resource("Workspaces")


class WorkspaceOut(Schema):
    """A workspace."""

    slug: str
    """Its name in addresses."""
    name: str
    created_at: datetime
    is_administered: bool
    """Whether the caller administers it."""


class WorkspaceQuery(Paging):
    """Which workspaces to list."""

    sort: Literal["id", "-id", "slug", "-slug"] = "slug"


@resource.endpoint(
    "GET",
    "/workspaces",
    scope=TokenScope.WORKSPACES_READ,
    answers={200: Page[WorkspaceOut]},
    refuses=(422,),
)
def list_workspaces(
    request: HttpRequest, response: HttpResponse, query: Query[WorkspaceQuery]
) -> Page[WorkspaceOut]:
    """List the workspaces that the caller belongs to."""
    person = get_person(request)
    found = viewable_workspaces(person)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    administered = set(administered_workspaces(person).values_list("pk", flat=True))
    return answer_page(
        request, response, part, lambda w: _present(w, w.pk in administered)
    )


@resource.endpoint(
    "GET",
    "/workspaces/{workspace}",
    scope=TokenScope.WORKSPACES_READ,
    answers={200: WorkspaceOut},
    refuses=(404, 422),
)
def get_workspace(request: HttpRequest, workspace: WorkspaceSlug) -> WorkspaceOut:
    """Return a workspace."""
    person = get_person(request)
    found = find_workspace(person, workspace)
    administered = administered_workspaces(person).filter(pk=found.pk)
    return _present(found, administered.exists())


def _present(workspace: Workspace, is_administered: bool) -> WorkspaceOut:
    return WorkspaceOut(
        slug=workspace.slug,
        name=workspace.name,
        created_at=workspace.created_at,
        is_administered=is_administered,
    )
