"""Proving that a chain is whole: no entry changed, moved, added or removed."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from bookbag.domain.audit.chain import GENESIS, sign_head
from bookbag.domain.audit.models import AuditChain, AuditDraft, AuditEntry
from bookbag.domain.audit.redaction import is_authentic

ROWS_AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a chain was at some time, kept where the server cannot reach it."""

    length: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What the verification of one chain found."""

    length: int
    waiting: int
    """Acts that are recorded and not yet in the chain."""
    digest: str
    faults: tuple[str, ...]
    """A sentence for each fault; none when the chain is whole."""


def verify_chain(
    workspace_id: int, checkpoint: Checkpoint | None = None
) -> ChainReport:
    """Check every entry of a workspace, in order, and the head.

    Args:
        workspace_id: Whose chain.
        checkpoint: What the chain was earlier; it must still begin like that.
    """
    walk = _Walk(checkpoint)
    entries = AuditEntry.objects.filter(workspace=workspace_id).order_by("sequence")
    faults: list[str] = []
    for entry in entries.iterator(chunk_size=ROWS_AT_A_TIME):
        faults += walk.check(entry)
    chain = AuditChain.objects.filter(workspace=workspace_id).first()
    faults += _check_head(chain, walk.sequence, walk.digest)
    if checkpoint is not None and not walk.has_met:
        faults.append(
            f"Found a chain without entry {checkpoint.length} as it was at the "
            "checkpoint: it was rewritten or cut"
        )
    return ChainReport(
        length=walk.sequence,
        waiting=AuditDraft.objects.filter(workspace=workspace_id).count(),
        digest=walk.digest,
        faults=tuple(faults),
    )


class _Walk:
    """One pass over a chain, which knows the entry before."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.sequence = 0
        self.digest = GENESIS
        self._checkpoint = checkpoint
        self.has_met = checkpoint == Checkpoint(length=0, digest=GENESIS)

    def check(self, entry: AuditEntry) -> Iterator[str]:
        """Yield what is wrong with the next entry."""
        expected = self.sequence + 1
        if entry.sequence != expected:
            yield (
                f"Found entry {entry.sequence}, expected {expected}: entries {expected}"
                f" to {entry.sequence - 1} were removed"
            )
        elif entry.previous != self.digest:
            yield f"Entry {entry.sequence} does not follow the entry before it"
        if not is_authentic(entry):
            yield f"Entry {entry.sequence} was changed, moved or added by hand"
        self.sequence, self.digest = entry.sequence, entry.digest
        here = Checkpoint(length=self.sequence, digest=self.digest)
        self.has_met = self.has_met or here == self._checkpoint


def _check_head(chain: AuditChain | None, length: int, digest: str) -> Iterator[str]:
    if chain is None:
        if length:
            yield f"Found {length} entries without a head: the head was removed"
        return
    if not hmac.compare_digest(chain.signature, sign_head(chain)):
        yield "The head of the chain was changed by hand"
    if chain.length != length:
        yield (
            f"Found {length} entries, expected {chain.length}: the last ones were "
            "removed"
            if length < chain.length
            else f"Found {length} entries, expected {chain.length}: some were added"
        )
    elif chain.digest != digest:
        yield f"Entry {length} is not the one that the head names"
