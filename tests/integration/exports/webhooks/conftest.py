from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook
from bookbag.exports.webhooks.services import create_webhook
from tests import factories
from tests.fakes.receivers import Receiver, listening


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.BOOKBAG_PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]
    with listening() as receiver:
        yield receiver


@pytest.fixture
def admin(course: Course) -> User:
    return factories.make_member(course.workspace, "boss", role=MemberRole.ADMIN)


@pytest.fixture
def made(course: Course, admin: User, receiver: Receiver) -> tuple[Webhook, str]:
    """A webhook of the receiver, for all events, and its secret."""
    return create_webhook(
        workspace=course.workspace,
        person=admin,
        url=receiver.url,
        kinds=EventKind.values,
    )


@pytest.fixture
def webhook(made: tuple[Webhook, str]) -> Webhook:
    return made[0]


@pytest.fixture
def secret(made: tuple[Webhook, str]) -> str:
    return made[1]
