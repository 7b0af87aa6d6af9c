"""Webhooks: addresses that are told what becomes of a workspace's exports."""

import uuid
from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Schema, Status

from bookbag.api.authentication import get_person
from bookbag.api.errors import NotFoundError
from bookbag.api.fields import ShortText
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.finding import find_administered_workspace
from bookbag.exports.outbox import OutboxState
from bookbag.exports.webhooks import selectors, services
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery

resource = Resource("Webhooks")
READ, WRITE = TokenScope.WEBHOOKS_READ, TokenScope.WEBHOOKS_WRITE
LIST = "/workspaces/{slug:workspace}/webhooks"
ONE = LIST + "/{uuid:webhook_id}"


class WebhookRequest(Schema):
    """Where to tell, and what."""

    url: ShortText
    kinds: list[EventKind]


class WebhookChange(Schema):
    """What to change; what is left out stays."""

    url: ShortText | None = None
    kinds: list[EventKind] | None = None
    is_enabled: bool | None = None


class WebhookOut(Schema):
    """A webhook, without its secret."""

    id: uuid.UUID
    url: str
    kinds: list[EventKind]
    is_enabled: bool
    disabled_because: str | None
    created_at: datetime


class NewWebhook(WebhookOut):
    """A webhook with a new secret, which is shown this once."""

    secret: str


class WebhookList(Schema):
    """The webhooks of a workspace, the oldest first."""

    items: list[WebhookOut]


class AttemptOut(Schema):
    """One try: what was answered, or why nothing was."""

    happened_at: datetime
    duration_milliseconds: int
    status: int | None
    failure: str | None
    excerpt: str


class WebhookDeliveryOut(Schema):
    """One event on its way to one webhook."""

    id: int
    message_id: str
    kind: EventKind
    export_id: uuid.UUID
    happened_at: datetime
    state: OutboxState
    skipped_because: str | None
    due_at: datetime
    delivered_at: datetime | None
    attempts: list[AttemptOut]


class DeliveryQuery(Paging):
    """Which deliveries to list."""

    sort: Literal["id", "-id"] = "-id"
    state: OutboxState | None = None


@resource.endpoint(
    "GET", LIST, scope=READ, answers={200: WebhookList}, refuses=(404, 422)
)
def list_webhooks(request: HttpRequest, workspace: str) -> WebhookList:
    """List a workspace's webhooks, for its admins."""
    found = find_administered_workspace(get_person(request), workspace)
    items = [_present(webhook) for webhook in selectors.list_webhooks(found)]
    return WebhookList(items=items)


@resource.endpoint(
    "POST", LIST, scope=WRITE, answers={201: NewWebhook}, refuses=(400, 404, 422)
)
def create_webhook(
    request: HttpRequest, response: HttpResponse, workspace: str, body: WebhookRequest
) -> Status[NewWebhook]:
    """Add a webhook; its secret is answered this once.

    Messages are signed by Standard Webhooks. Private and loopback addresses are
    refused unless the server's settings allow them.
    """
    person = get_person(request)
    webhook, secret = services.create_webhook(
        workspace=find_administered_workspace(person, workspace),
        person=person,
        url=body.url,
        kinds=body.kinds,
    )
    names = {"workspace": workspace, "webhook_id": webhook.pk}
    path = reverse("api:get_webhook", kwargs=names)
    response["Location"] = request.build_absolute_uri(path)
    return Status(201, _present_new(webhook, secret))


@resource.endpoint(
    "GET", ONE, scope=READ, answers={200: WebhookOut}, refuses=(404, 422)
)
def get_webhook(
    request: HttpRequest, workspace: str, webhook_id: uuid.UUID
) -> WebhookOut:
    """Return a webhook."""
    return _present(_find(request, workspace, webhook_id))


@resource.endpoint(
    "PATCH", ONE, scope=WRITE, answers={200: WebhookOut}, refuses=(400, 404, 422)
)
def change_webhook(
    request: HttpRequest, workspace: str, webhook_id: uuid.UUID, body: WebhookChange
) -> WebhookOut:
    """Change where a webhook is, what it hears of, or switch it off or on."""
    found = _find(request, workspace, webhook_id)
    services.change_webhook(
        found,
        url=found.url if body.url is None else body.url,
        kinds=found.kinds if body.kinds is None else body.kinds,
        is_enabled=found.is_enabled if body.is_enabled is None else body.is_enabled,
    )
    return _present(found)


@resource.endpoint("DELETE", ONE, scope=WRITE, answers={204: None}, refuses=(404, 422))
def delete_webhook(
    request: HttpRequest, workspace: str, webhook_id: uuid.UUID
) -> Status[None]:
    """Delete a webhook with its log."""
    services.delete_webhook(_find(request, workspace, webhook_id))
    return Status(204, None)


@resource.endpoint(
    "POST", ONE + "/secret", scope=WRITE, answers={200: NewWebhook}, refuses=(404, 422)
)
def rotate_webhook_secret(
    request: HttpRequest, workspace: str, webhook_id: uuid.UUID
) -> NewWebhook:
    """Give a webhook a new secret; the old one signs beside it for a day."""
    found = _find(request, workspace, webhook_id)
    return _present_new(found, services.rotate_secret(found))


@resource.endpoint(
    "GET",
    ONE + "/deliveries",
    scope=READ,
    answers={200: Page[WebhookDeliveryOut]},
    refuses=(404, 422),
)
def list_webhook_deliveries(
    request: HttpRequest,
    response: HttpResponse,
    workspace: str,
    webhook_id: uuid.UUID,
    query: Query[DeliveryQuery],
) -> Page[WebhookDeliveryOut]:
    """List what a webhook was told, with every try."""
    deliveries = selectors.list_deliveries(_find(request, workspace, webhook_id))
    if query.state is not None:
        deliveries = deliveries.filter(state=query.state)
    part = read_slice(
        deliveries, sort=query.sort, limit=query.limit, cursor=query.cursor
    )
    return answer_page(request, response, part, _present_delivery)


@resource.endpoint(
    "POST",
    ONE + "/deliveries/{int:delivery_id}/redeliver",
    scope=WRITE,
    answers={202: WebhookDeliveryOut},
    refuses=(404, 422),
)
def redeliver(
    request: HttpRequest, workspace: str, webhook_id: uuid.UUID, delivery_id: int
) -> Status[WebhookDeliveryOut]:
    """Deliver an event again; what still waits is delivered anyway."""
    webhook = _find(request, workspace, webhook_id)
    found = selectors.list_deliveries(webhook).filter(pk=delivery_id).first()
    if found is None:
        raise NotFoundError
    services.redeliver(found)
    found.refresh_from_db()
    return Status(202, _present_delivery(found))


def _find(request: HttpRequest, workspace: str, webhook_id: uuid.UUID) -> Webhook:
    here = find_administered_workspace(get_person(request), workspace)
    webhook = selectors.list_webhooks(here).filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFoundError
    return webhook


def _present(webhook: Webhook) -> WebhookOut:
    return WebhookOut(
        id=webhook.pk,
        url=webhook.url,
        kinds=[EventKind(kind) for kind in webhook.kinds],
        is_enabled=webhook.is_enabled,
        disabled_because=webhook.disabled_because or None,
        created_at=webhook.created_at,
    )


def _present_new(webhook: Webhook, secret: str) -> NewWebhook:
    return NewWebhook(**_present(webhook).model_dump(), secret=secret)


def _present_delivery(delivery: WebhookDelivery) -> WebhookDeliveryOut:
    return WebhookDeliveryOut(
        id=delivery.pk,
        message_id=delivery.event.message_id,
        kind=EventKind(delivery.event.kind),
        export_id=delivery.event.export_id,
        happened_at=delivery.event.happened_at,
        state=OutboxState(delivery.state),
        skipped_because=delivery.skipped_because or None,
        due_at=delivery.due_at,
        delivered_at=delivery.delivered_at,
        attempts=[_present_attempt(one) for one in delivery.attempts.all()],
    )


def _present_attempt(attempt: WebhookAttempt) -> AttemptOut:
    return AttemptOut(
        happened_at=attempt.happened_at,
        duration_milliseconds=attempt.duration_milliseconds,
        status=attempt.status,
        failure=attempt.failure or None,
        excerpt=attempt.excerpt,
    )
