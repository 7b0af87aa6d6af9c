"""Transactions that are silent for long, because a whole file is read in them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def patient_transaction() -> Iterator[None]:
    """Do the block in one transaction, however long it takes between two statements.

    Others end with their connection when they are silent for a lease (ADR 0134).
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield
