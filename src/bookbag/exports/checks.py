"""What ``bookbag check`` finds out by trying: database, storage, queue, key, mail."""

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from bookbag.exports.storage import LocalStorage, get_storage
from bookbag.formats.receipt_keys import load_receipt_key
from bookbag.trees.locating import open_store


def _try(
    work: Callable[[], object], *, identifier: str, what: str, remedy: str
) -> list[CheckMessage]:
    try:
        work()
    except Exception as error:  # a check reports whatever a library raises
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return [Error(f"{what}: {reason}", hint=remedy, id=identifier)]
    return []


@register("bookbag", deploy=False)
def check_services(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **_others: object,
) -> list[CheckMessage]:
    """Try everything that Bookbag stands on.

    Only when databases are asked for, as ``bookbag check`` does: Django's own
    commands run checks too, and must work before a database exists.
    """
    if app_configs is not None or not databases:
        return []
    return [
        *_check_database(),
        *_try(
            use_storage,
            identifier="bookbag.storage",
            what="The folder of finished exports cannot be written",
            remedy="Set BOOKBAG_STORAGE_URL to a folder that this user may write.",
        ),
        *_try(
            load_receipt_key,
            identifier="bookbag.receipt_key",
            what="The key that signs receipts cannot be used",
            remedy="Set BOOKBAG_RECEIPT_KEY to a writable path or to an Ed25519 key.",
        ),
        *_try(
            lambda: import_string(settings.BOOKBAG_QUEUE_PROBE)(),
            identifier="bookbag.queue",
            what="The queue does not answer",
            remedy="Start it, or set BOOKBAG_QUEUE_URL to one that runs.",
        ),
        *_check_mail(),
        *_check_workspaces(),
    ]


def _check_database() -> list[CheckMessage]:
    reached = _try(
        connection.ensure_connection,
        identifier="bookbag.database",
        what="The database does not answer",
        remedy="Start it, or set DATABASE_URL to one that runs.",
    )
    if reached:
        return reached
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return []
    message = f"The database lacks {len(missing)} migrations"
    return [Error(message, hint="Run `bookbag migrate`.", id="bookbag.migrations")]


def use_storage() -> None:
    """Raise whatever the storage raises when it cannot be used."""
    storage = get_storage()
    for _key in storage.iter_keys():
        break
    if isinstance(storage, LocalStorage) and not os.access(storage.root, os.W_OK):
        message = "the folder is read-only"
        raise PermissionError(message)


def _check_mail() -> list[CheckMessage]:
    def connect() -> None:
        with contextlib.closing(get_connection()) as mail:
            mail.open()

    return _try(
        connect,
        identifier="bookbag.mail",
        what="The mail server does not answer",
        remedy="Set BOOKBAG_MAIL_URL to smtp://user:password@host:587, or to files:.",
    )


def _check_workspaces() -> list[CheckMessage]:
    store = open_store()
    if store is not None:
        return _try(
            lambda: next(store.iter_sizes(""), None),
            identifier="bookbag.workspaces",
            what="The store of workspaces cannot be listed",
            remedy="Set BOOKBAG_WORKSPACES and its access key to a bucket that may be "
            "listed and read.",
        )
    folder = Path(settings.BOOKBAG_WORKSPACES)
    if not folder.exists() or os.access(folder, os.R_OK | os.X_OK):
        return []  # it is made when the first file is copied into it
    return [
        Error(
            f"The folder of copied workspaces cannot be read: {str(folder)!r}",
            hint="Let this user read it, or set BOOKBAG_WORKSPACES to another folder.",
            id="bookbag.workspaces",
        )
    ]
