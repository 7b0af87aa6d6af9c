"""What workspace admins can do with webhooks."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.sealing import SecretBox
from bookbag.exports.errors import OptionsError
from bookbag.exports.outbox import OutboxState
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook, WebhookDelivery
from bookbag.exports.webhooks.signing import make_secret
from bookbag.outbound.posting import check_target

BOX = SecretBox("bookbag.webhooks.secrets")
BOTH_SIGN_FOR = timedelta(hours=24)
"""How long an old secret goes on signing beside the new one."""
WEBHOOKS_PER_WORKSPACE = 20


def create_webhook(
    *, workspace: Workspace, person: User, url: str, kinds: Collection[str]
) -> tuple[Webhook, str]:
    """Return a new webhook and its secret, which nobody can read afterwards.

    Raises:
        OutboundError: If the address may not be called.
        OptionsError: If an event is unknown or there is none, or one webhook too many.
    """
    chosen = _check(url, kinds)
    if Webhook.objects.filter(workspace=workspace).count() >= WEBHOOKS_PER_WORKSPACE:
        message = f"Found {WEBHOOKS_PER_WORKSPACE} webhooks, which is the limit"
        raise OptionsError(message)
    secret = make_secret()
    with transaction.atomic():
        webhook = Webhook.objects.create(
            workspace=workspace,
            url=url,
            kinds=chosen,
            sealed_secret=BOX.seal(secret),
            created_by=person,
        )
        _record(webhook, Act.WEBHOOK_SAVED)
    return webhook, secret


def change_webhook(
    webhook: Webhook, *, url: str, kinds: Collection[str], is_enabled: bool
) -> None:
    """Change where a webhook is, what it hears of, and whether it hears anything.

    Raises:
        OutboundError: If the address may not be called.
        OptionsError: If an event is unknown or there is none.
    """
    webhook.kinds = _check(url, kinds)
    webhook.url = url
    webhook.is_enabled = is_enabled
    if is_enabled:
        webhook.disabled_because = ""
    with transaction.atomic():
        webhook.save()
        _record(webhook, Act.WEBHOOK_SAVED)


def rotate_secret(webhook: Webhook) -> str:
    """Return a new secret; the old one signs beside it for a day."""
    secret = make_secret()
    webhook.previous_sealed_secret = webhook.sealed_secret
    webhook.previous_until = timezone.now() + BOTH_SIGN_FOR
    webhook.sealed_secret = BOX.seal(secret)
    with transaction.atomic():
        webhook.save()
        _record(webhook, Act.WEBHOOK_ROTATED)
    return secret


@transaction.atomic
def delete_webhook(webhook: Webhook) -> None:
    """Delete a webhook with its log; what is on its way is not sent any more."""
    _record(webhook, Act.WEBHOOK_DELETED)
    webhook.delete()


def redeliver(delivery: WebhookDelivery) -> bool:
    """Deliver again what was delivered, given up or skipped, now and with all tries.

    Returns:
        Whether it will be; what still waits is delivered anyway.
    """
    ended = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(
        state=OutboxState.WAITING
    )
    with transaction.atomic():
        is_due = ended.update(
            state=OutboxState.WAITING,
            attempt=0,
            due_at=timezone.now(),
            delivered_at=None,
            skipped_because="",
            failure="",
        )
        if is_due:
            _record(delivery.webhook, Act.WEBHOOK_RESENT, detail=str(delivery.event))
    return bool(is_due)


def list_secrets(webhook: Webhook) -> list[str]:
    """Return the secrets to sign with.

    Raises:
        SealError: If the server's secret key is another now.
    """
    secrets = [BOX.unseal(webhook.sealed_secret)]
    if webhook.previous_until is not None and webhook.previous_until > timezone.now():
        secrets.append(BOX.unseal(webhook.previous_sealed_secret))
    return secrets


def _check(url: str, kinds: Collection[str]) -> list[str]:
    check_target(url)
    unknown = sorted(set(kinds) - set(EventKind.values))
    if unknown or not kinds:
        found = repr(unknown[0][:40]) if unknown else "no event"
        message = f"Found {found}, expected some of {', '.join(EventKind.values)}"
        raise OptionsError(message)
    return [kind for kind in EventKind.values if kind in kinds]


def _record(webhook: Webhook, act: Act, detail: str = "") -> None:
    detail = detail or f"{', '.join(webhook.kinds)}; enabled: {webhook.is_enabled}"
    deed = Deed(act=act, target=webhook.url, target_key=webhook.pk, detail=detail)
    record(webhook.workspace_id, deed)
