"""Chaining entries: each digest covers the one before, and the head is signed.

Digests are keyed with a key that only the server has, so that who can write to the
database alone cannot forge an entry, a chain or a head.
"""

import hashlib
import hmac
import json
from datetime import UTC

from django.db import transaction

from bookbag.domain.audit.models import AuditChain, AuditDraft, AuditEntry, AuditFacts
from bookbag.domain.derived_keys import derive_key

GENESIS = "0" * 64
"""What the first entry of a chain follows."""
SEALED_AT_ONCE = 500
FACTS = (
    *("workspace_id", "person_key", "person_name", "face", "ip_address", "act"),
    *("target", "target_key", "purpose", "result", "detail"),
)


def seal_drafts(workspace_id: int) -> int:
    """Move a workspace's drafts into its chain, in order; return how many.

    Invariants: one caller at a time for each workspace, by the lock on the head's
    row; nobody else ever waits for that row.
    """
    count = 0
    while sealed := _seal_some(workspace_id):
        count += sealed
    return count


def seal_all_drafts() -> int:
    """Seal what a process that was killed left behind; return how many."""
    waiting = AuditDraft.objects.order_by().values_list("workspace", flat=True)
    return sum(seal_drafts(workspace_id) for workspace_id in waiting.distinct())


@transaction.atomic
def _seal_some(workspace_id: int) -> int:
    if not AuditDraft.objects.filter(workspace=workspace_id).exists():
        return 0
    chain = _lock_head(workspace_id)
    # Read after the lock: what another caller sealed meanwhile is not here any more.
    drafts = list(AuditDraft.objects.filter(workspace=workspace_id)[:SEALED_AT_ONCE])
    entries = []
    for draft in drafts:
        chain.length += 1
        entry = AuditEntry(
            happened_at=draft.happened_at,
            sequence=chain.length,
            previous=chain.digest,
            **{name: getattr(draft, name) for name in FACTS},
        )
        chain.digest = entry.digest = digest_entry(entry)
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries)
    AuditDraft.objects.filter(pk__in=[draft.pk for draft in drafts]).delete()
    chain.signature = sign_head(chain)
    chain.save()
    return len(drafts)


def _lock_head(workspace_id: int) -> AuditChain:
    AuditChain.objects.get_or_create(
        workspace_id=workspace_id, defaults={"digest": GENESIS, "signature": ""}
    )
    return AuditChain.objects.select_for_update().get(workspace=workspace_id)


def digest_entry(entry: AuditEntry) -> str:
    """Return the digest that an entry has to have."""
    facts = [entry.sequence, entry.previous, format_time(entry)]
    facts += [getattr(entry, name) for name in FACTS]
    return authenticate("bookbag.audit.entry", facts)


def sign_head(chain: AuditChain) -> str:
    """Return the signature that a head has to have."""
    facts = [chain.workspace_id, chain.length, chain.digest]
    return authenticate("bookbag.audit.head", facts)


def format_time(facts: AuditFacts) -> str:
    """Return the time of an act as digests cover it."""
    return facts.happened_at.astimezone(UTC).isoformat(timespec="microseconds")


def authenticate(purpose: str, facts: list[object]) -> str:
    """Return a keyed digest of some facts, of one purpose."""
    message = json.dumps(facts, separators=(",", ":")).encode()
    return hmac.new(derive_key(purpose), message, hashlib.sha256).hexdigest()
