"""What tests of the Codio-compatible API share: a service that calls it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from bookbag.domain.access.clients import issue_service_token, make_client
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, Workspace
from tests import factories

PREFIX = "/codio/api/v1"


@dataclass
class Service:
    """Calls the API with one token, under the prefix."""

    token: str = ""

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Send a call and return Django's answer, which has to be JSON."""
        if self.token:
            more.setdefault("headers", {})["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            more |= {"data": body, "content_type": "application/json"}
        client = Client(raise_request_exception=False)
        address = path if path.startswith("/codio/") else PREFIX + path
        answer = getattr(client, method.lower())(address, **more)
        assert answer["Content-Type"] == "application/json", answer.content
        return answer

    def get(self, path: str, **more: Any) -> Any:
        """Return what a GET answers; it has to be a success."""
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: object = None, **more: Any) -> Any:
        """Return what a POST answers; it has to be a success."""
        answer = self.ask("POST", path, body, **more)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Return the status and the message of a call that is refused."""
        answer = self.ask(method, path, body)
        assert answer.status_code >= 400
        return answer.status_code, answer.json()["message"]


def service_of(workspace: Workspace, *scopes: str) -> Service:
    """Return a new service of a workspace, with every scope unless some are named."""
    admin = factories.make_member(workspace, role=MemberRole.ADMIN)
    client, _ = make_client(
        workspace,
        name="Records",
        scopes=scopes or TokenScope.values,
        created_by=admin,
    )
    return Service(issue_service_token(client).token)


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> Path:
    """Where exports and published files are kept; nothing is worked on by itself."""
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}/exports"
    settings.BOOKBAG_WORKSPACES = tmp_path / "workspaces"
    settings.BOOKBAG_BASE_URL = "https://bookbag.example.edu"
    return tmp_path


@pytest.fixture
def workspace(db: None) -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def course(workspace: Workspace) -> Course:
    return factories.make_course(workspace=workspace)


@pytest.fixture
def service(workspace: Workspace) -> Service:
    return service_of(workspace)


@pytest.fixture
def stranger(db: None) -> Service:
    """A service of another workspace."""
    return service_of(factories.make_workspace())
