"""What tests of the API share: a client that sends a token and JSON."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, User, Workspace
from tests import factories
from tests.fakes.wakeups import SENT

PREFIX = "/api/v1"


@dataclass
class ApiClient:
    """Sends requests with one token."""

    token: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        """Send a request and return Django's answer."""
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        arguments: dict[str, Any] = {"headers": headers}
        if body is not None:
            arguments |= {"data": body, "content_type": content_type}
        return _send(method, path, arguments)

    def get(self, path: str, **headers: str) -> Any:
        """Send a GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        """Send a POST."""
        return self.ask("POST", path, body, **headers)


def _send(method: str, path: str, arguments: dict[str, Any]) -> Any:
    client = Client(raise_request_exception=False)
    return getattr(client, method.lower())(PREFIX + path, **arguments)


def api_of(person: User, *scopes: str) -> ApiClient:
    """Return a client with a new token of a person."""
    return ApiClient(factories.make_token(person, *scopes))


@pytest.fixture
def workspace(db: None) -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def admin(workspace: Workspace) -> User:
    return factories.make_member(workspace, "admin", role=MemberRole.ADMIN)


@pytest.fixture
def api(admin: User) -> ApiClient:
    """The client of a workspace admin, with every scope."""
    return api_of(admin)


@pytest.fixture
def anonymous(db: None) -> ApiClient:
    """A client without a token."""
    return ApiClient()


@pytest.fixture(autouse=True)
def woken(settings: Settings) -> list[str]:
    """The ids that were sent to the queue; nothing is worked on by itself."""
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    SENT.clear()
    return SENT


@pytest.fixture
def course(workspace: Workspace) -> Course:
    return factories.make_course(workspace=workspace)
