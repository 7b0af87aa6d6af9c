"""From what an archive is to hold to the file of an export: one bag, one receipt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

import bookbag
from bagkit.archive import (
    BagPlan,
    BagResult,
    EarlierWork,
    ExpectedWorkspace,
    Limits,
    TableSource,
    write_bag,
)
from bagkit.archive.plan import NO_LIMIT
from bagkit.errors import LimitExceededError
from bookbag.exports.catalogue.definition import (
    Product,
    ProductionContext,
    ReceiptNumbers,
)
from bookbag.exports.catalogue.options import ENCRYPT_TO, PSEUDONYMISE
from bookbag.exports.catalogue.veiling import (
    name_circle,
    name_export,
    open_veil,
    plan_scan,
)
from bookbag.exports.errors import ExportTooLargeError
from bookbag.exports.rows import Snapshot, open_snapshot
from bookbag.formats.receipt_keys import load_receipt_key
from bookbag.trees.locating import make_tree_opener

GENERATOR = f"Bookbag {bookbag.__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BagContent:
    """What an archive holds."""

    name: str
    """The top folder's name; portable."""
    title: str
    """What people call it."""
    described: Mapping[str, object]
    """What ``course.json`` says."""
    workspaces: Sequence[ExpectedWorkspace]
    tables: Sequence[TableSource]


def produce_bag(
    context: ProductionContext, read: Callable[[Snapshot], BagContent]
) -> Product:
    """Write the archive of an export.

    Args:
        context: Of the export.
        read: What it holds, in one look at the database.

    Raises:
        ExportTooLargeError: If it would hold more than the server allows.
    """
    veil = open_veil(context)
    with open_snapshot() as snapshot:
        snapshot.cover = veil
        content = read(snapshot)
        if veil is not None:
            content = replace(
                content,
                described=veil.cover_course(content.described),
                workspaces=veil.cover_workspaces(content.workspaces),
            )
        plan = BagPlan(
            name=content.name,
            title=content.title,
            snapshot_at=context.snapshot_at,
            course=content.described,
            workspaces=content.workspaces,
            tables=content.tables,
            generator=GENERATOR,
            identifier=name_export(context),
            scan=plan_scan(context, veil),
            is_encrypted=bool(context.options.get(ENCRYPT_TO)),
            pseudonymised_for=context.options.get(PSEUDONYMISE, ""),
            circle=name_circle(context),
            signing_key=load_receipt_key(),
            opener=make_tree_opener(),
            limits=Limits(
                max_file_bytes=settings.BOOKBAG_MAX_FILE_BYTES,
                max_files=settings.BOOKBAG_MAX_FILES or NO_LIMIT,
                max_bytes=settings.BOOKBAG_MAX_BYTES or NO_LIMIT,
            ),
        )
        # Those who are looked for in files must not be told to other workers.
        shared = 0 if plan.scan is not None else len(content.workspaces)
        stream = context.open_stream(".zip", shared)
        try:
            result = write_bag(
                plan,
                context.staged,
                on_progress=context.on_progress,
                earlier=context.earlier if stream is None else EarlierWork(),
                stream=stream,
            )
        except LimitExceededError as error:
            raise ExportTooLargeError(str(error)) from error
    return _describe(content.name, result)


def _describe(name: str, result: BagResult) -> Product:
    receipt = result.receipt
    return Product(
        file_name=f"{name}.zip",
        media_type="application/zip",
        sha256=result.sha256,
        size_bytes=result.size_bytes,
        problem_count=result.problem_count,
        receipt=ReceiptNumbers(
            document=receipt.to_json(),
            expected=receipt.expected,
            present=receipt.present,
            empty=receipt.empty,
            excluded=receipt.excluded,
            failed=receipt.failed,
            file_count=result.file_count,
            payload_bytes=result.payload_bytes,
        ),
    )
