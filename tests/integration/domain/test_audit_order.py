"""Many writers of one audit log at once: every act is there once, in one chain."""

import threading

import pytest
from django.db import connection

from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.audit.models import Act, AuditEntry
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.audit.verification import verify_chain
from tests import factories

WRITERS = 4
ACTS = 10


@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain() -> None:
    workspace = factories.make_workspace()
    begin = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        begin.wait()
        for number in range(ACTS):
            record(workspace.pk, Deed(act=Act.STACK_SAVED, target=f"{writer}.{number}"))
        connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_all_drafts()

    report = verify_chain(workspace.pk)
    assert (report.length, report.waiting, report.faults) == (WRITERS * ACTS, 0, ())
    targets = set(AuditEntry.objects.values_list("target", flat=True))
    assert targets == {f"{w}.{n}" for w in range(WRITERS) for n in range(ACTS)}
