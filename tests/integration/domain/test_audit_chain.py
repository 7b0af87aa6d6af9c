"""The chain of the audit log: what was edited, removed or moved is found."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from bookbag.domain.audit.chain import seal_all_drafts, seal_drafts
from bookbag.domain.audit.guards import drop_guards, list_missing_guards
from bookbag.domain.audit.models import Act, AuditChain, AuditDraft, AuditEntry
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.audit.verification import Checkpoint, verify_chain
from bookbag.domain.people.models import Workspace
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    workspace = factories.make_workspace()
    for number in range(1, 6):
        record(workspace.pk, Deed(act=Act.STACK_SAVED, target=f"Stack {number}"))
    seal_drafts(workspace.pk)
    return workspace


def find_faults(workspace: Workspace) -> tuple[str, ...]:
    return verify_chain(workspace.pk).faults


def test_an_untouched_chain_is_whole(workspace: Workspace) -> None:
    report = verify_chain(workspace.pk)

    assert (report.length, report.waiting, report.faults) == (5, 0, ())


def test_each_workspace_has_a_chain_of_its_own(workspace: Workspace) -> None:
    other = factories.make_workspace()
    record(other.pk, Deed(act=Act.STACK_SAVED))
    seal_all_drafts()

    assert verify_chain(other.pk).length == 1
    assert find_faults(workspace) == ()


@pytest.mark.parametrize("change", ["UPDATE {} SET target = 'x'", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_it(
    workspace: Workspace, change: str
) -> None:
    with (
        pytest.raises(DatabaseError, match="never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(AuditEntry._meta.db_table))

    assert find_faults(workspace) == ()


def edit(entries: dict[int, AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=entries[3].pk).update(person_name="somebody else")


def backdate(entries: dict[int, AuditEntry]) -> None:
    moved = entries[2].happened_at.replace(year=2020)
    AuditEntry.objects.filter(pk=entries[2].pk).update(happened_at=moved)


def remove_one(entries: dict[int, AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=entries[3].pk).delete()


def remove_first(entries: dict[int, AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=entries[1].pk).delete()


def remove_last_two(entries: dict[int, AuditEntry]) -> None:
    AuditEntry.objects.filter(sequence__gt=3).delete()


def remove_and_shorten(entries: dict[int, AuditEntry]) -> None:
    remove_last_two(entries)
    AuditChain.objects.update(length=3, digest=entries[3].digest)


def remove_and_close_up(entries: dict[int, AuditEntry]) -> None:
    remove_one(entries)
    for number in (4, 5):
        AuditEntry.objects.filter(pk=entries[number].pk).update(sequence=number - 1)


def swap(entries: dict[int, AuditEntry]) -> None:
    for number, place in ((2, 99), (3, 2), (2, 3)):
        AuditEntry.objects.filter(pk=entries[number].pk).update(sequence=place)


def add_by_hand(entries: dict[int, AuditEntry]) -> None:
    added = AuditEntry.objects.get(pk=entries[5].pk)
    added.pk, added.sequence, added.previous = None, 6, entries[5].digest
    added.save(force_insert=True)


def remove_head(entries: dict[int, AuditEntry]) -> None:
    AuditChain.objects.all().delete()


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (edit, "Entry 3 was changed, moved or added by hand"),
        (backdate, "Entry 2 was changed, moved or added by hand"),
        (remove_one, "Found entry 4, expected 3: entries 3 to 3 were removed"),
        (remove_first, "Found entry 2, expected 1: entries 1 to 1 were removed"),
        (remove_last_two, "Found 3 entries, expected 5: the last ones were removed"),
        (remove_and_shorten, "The head of the chain was changed by hand"),
        (remove_and_close_up, "Entry 3 was changed, moved or added by hand"),
        (swap, "Entry 2 was changed, moved or added by hand"),
        (add_by_hand, "Entry 6 was changed, moved or added by hand"),
        (remove_head, "Found 5 entries without a head: the head was removed"),
    ],
)
def test_tampering_is_found_and_named(
    workspace: Workspace,
    tamper: Callable[[dict[int, AuditEntry]], None],
    found: str,
) -> None:
    drop_guards(connection)  # as somebody with the database's own rights can

    tamper({entry.sequence: entry for entry in AuditEntry.objects.all()})

    assert found in find_faults(workspace)
    assert len(list_missing_guards(connection)) == 2


def test_an_older_head_is_found_by_a_checkpoint(workspace: Workspace) -> None:
    older = AuditChain.objects.get()
    kept = Checkpoint(length=5, digest=older.digest)
    record(workspace.pk, Deed(act=Act.STACK_DELETED))
    seal_drafts(workspace.pk)
    later = verify_chain(workspace.pk)
    drop_guards(connection)

    AuditEntry.objects.filter(sequence=6).delete()
    older.save()

    assert verify_chain(workspace.pk, kept).faults == ()
    checkpoint = Checkpoint(length=6, digest=later.digest)
    assert verify_chain(workspace.pk, checkpoint).faults == (
        "Found a chain without entry 6 as it was at the checkpoint: it was rewritten "
        "or cut",
    )


def test_what_is_rolled_back_leaves_no_entry(workspace: Workspace) -> None:
    with transaction.atomic():
        record(workspace.pk, Deed(act=Act.STACK_DELETED))
        transaction.set_rollback(True)

    assert not AuditDraft.objects.exists()


def test_an_entry_is_sealed_when_its_transaction_ends(
    workspace: Workspace,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        record(workspace.pk, Deed(act=Act.STACK_DELETED))

    assert not AuditDraft.objects.exists()
    assert verify_chain(workspace.pk).length == 6


def test_a_lost_seal_is_made_up_for(workspace: Workspace) -> None:
    record(workspace.pk, Deed(act=Act.STACK_DELETED), Deed(act=Act.STACK_SAVED))
    assert verify_chain(workspace.pk).waiting == 2

    assert seal_all_drafts() == 2
    assert verify_chain(workspace.pk).length == 7


def test_another_secret_key_proves_nothing(
    workspace: Workspace, settings: Settings
) -> None:
    settings.SECRET_KEY = "another"  # noqa: S105 - of this test alone

    assert "The head of the chain was changed by hand" in find_faults(workspace)
