"""Taking a person's name out of the audit log without breaking its chain.

An entry keeps its digest, which the next one covers, and gets a mark: a keyed digest of
what it says now. Only who has the server's key can make a mark, as with entries.

Source: ADR 0120.
"""

import hmac
from collections.abc import Callable, Iterable

from django.db import transaction

from bookbag.domain.audit.chain import FACTS, authenticate, digest_entry, format_time
from bookbag.domain.audit.models import AuditEntry

TEXTS = ("person_name", "target", "purpose", "detail")
ROWS_AT_A_TIME = 1_000


def mark_entry(entry: AuditEntry) -> str:
    """Return the mark that a redacted entry has to have."""
    facts = [entry.sequence, entry.previous, format_time(entry), entry.digest]
    facts += [getattr(entry, name) for name in FACTS]
    return authenticate("bookbag.audit.redaction", facts)


def is_authentic(entry: AuditEntry) -> bool:
    """Answer whether an entry is as it was sealed, or as it was redacted."""
    if entry.redaction:
        return hmac.compare_digest(entry.redaction, mark_entry(entry))
    return hmac.compare_digest(entry.digest, digest_entry(entry))


@transaction.atomic
def redact_entries(
    workspace_ids: Iterable[int], person_key: int, cover: Callable[[str], str]
) -> int:
    """Cover what entries say of a person; return how many entries that changed.

    An entry that is not authentic is left alone: it must stay a fault.

    Args:
        workspace_ids: Whose chains.
        person_key: The person; the addresses that they came from go too.
        cover: Returns a text without them.
    """
    changed = 0
    entries = AuditEntry.objects.filter(workspace__in=list(workspace_ids))
    for entry in entries.order_by("pk").iterator(chunk_size=ROWS_AT_A_TIME):
        values = {name: cover(getattr(entry, name)) for name in TEXTS}
        if entry.person_key == person_key:
            values["ip_address"] = ""
        before = {name: getattr(entry, name) for name in values}
        if values == before or not is_authentic(entry):
            continue
        for name, value in values.items():
            setattr(entry, name, value)
        values["redaction"] = mark_entry(entry)
        AuditEntry.objects.filter(pk=entry.pk).update(**values)
        changed += 1
    return changed
