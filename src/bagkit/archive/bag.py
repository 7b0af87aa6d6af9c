"""Writing one archive: a ZIP that holds one BagIt bag with its receipt.

Source: RFC 8493; ``docs/formats/archive.md``.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bagkit.archive.assembly import ArchiveAssembler
from bagkit.archive.descriptions import (
    describe_packed,
    describe_unread,
    format_bag_info,
    format_time,
)
from bagkit.archive.folders import map_folders
from bagkit.archive.lists import (
    IDENTITIES,
    LINKS,
    NAMES,
    PROBLEMS,
    iter_list_batches,
)
from bagkit.archive.plan import (
    ArchiveStream,
    BagPlan,
    BagResult,
    EarlierWork,
    ExpectedWorkspace,
    Progress,
    TableSource,
)
from bagkit.archive.scan_count import ScanCount
from bagkit.archive.splitting import check_limits
from bagkit.archive.verify_script import VERIFY_SCRIPT
from bagkit.archive.viewing import PartReader
from bagkit.packing.archive_writers import open_archive
from bagkit.packing.journal import PackingJournal
from bagkit.packing.pool import PackedPart, PackingPool, PackingTask, count_processes
from bagkit.packing.reuse import ReuseIndex, load_places
from bagkit.receipt import Receipt, ReceiptCell, ReceiptTable, sign_receipt
from bagkit.tables import (
    TableSchema,
    TableSummary,
    describe_package,
    describe_table,
    write_table,
)
from bagkit.viewer import ViewerPage, summarise

NOTHING_EARLIER = EarlierWork()


def write_bag(
    plan: BagPlan,
    target: Path,
    *,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    processes: int | None = None,
    earlier: EarlierWork = NOTHING_EARLIER,
    stream: ArchiveStream | None = None,
) -> BagResult:
    """Write the archive that a plan describes.

    When it is killed, what it packed stays beside the target; a later call that names
    that target goes on from there and writes the same bytes.

    Args:
        plan: What to write.
        target: The file to write; it is there only when the call returns.
        on_progress: Told about every workspace. When it raises, the error passes
            through, and what was packed stays until ``discard_parts``.
        processes: Packing processes; by default one for each core.
        earlier: What can be used again.
        stream: Where the archive goes instead of the target. Then nothing of it is
            kept beside the target, so a later call packs all of it again.

    Raises:
        PlanError: If the plan contradicts itself.
        LimitExceededError: If it would hold more than its limits allow.
        PackingError: If a packing process died.
        StagedWriteError: If the disk does not take the archive.
        SourceAwayError: If the place of workspaces at addresses does not answer.
    """
    check_limits(plan)
    folder = _take_over_parts(target, earlier.resume_from)
    try:
        with (
            ArchiveAssembler(
                open_archive(target, None if stream is None else stream.sink, folder),
                folder,
                top=plan.name,
                made_at=plan.snapshot_at,
            ) as assembler,
            ReuseIndex(folder / "reuse-index") as index,
            ViewerPage(folder) as page,
        ):
            packing = _Packing(
                processes=processes,
                index=index,
                reuse=earlier.reuse,
                staged_bytes=None if stream is None else stream.staged_bytes,
            )
            writer = _BagWriter(plan, assembler, page, folder, on_progress)
            result = writer.write(packing)
        if earlier.keeps_index:
            (folder / "reuse-index").replace(index_of(target))
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    discard_parts(target)
    return result


def index_of(archive: Path) -> Path:
    """Return where the index of an archive is, which says what can be reused."""
    return archive.with_name(f"{archive.name}.index")


def discard_parts(target: Path) -> None:
    """Remove what a writer that did not finish has left beside its target."""
    shutil.rmtree(_parts_of(target), ignore_errors=True)


def _parts_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.parts")


def _take_over_parts(target: Path, resume_from: Sequence[Path]) -> Path:
    folder = _parts_of(target)
    for earlier in (target, *resume_from):
        if earlier != target and _parts_of(earlier).exists() and not folder.exists():
            # Renamed, so that a writer that was only frozen finds nothing any more.
            _parts_of(earlier).rename(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packing:
    """How workspaces are packed."""

    processes: int | None
    index: ReuseIndex
    reuse: Path | None
    staged_bytes: int | None
    """How much may be staged at a time; None to keep it all, and note it."""


class _BagWriter:
    def __init__(
        self,
        plan: BagPlan,
        assembler: ArchiveAssembler,
        page: ViewerPage,
        folder: Path,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._reused_count = 0
        self._plan = plan
        self._assembler = assembler
        self._page = page
        self._folder = folder
        self._on_progress = on_progress
        self._folders = map_folders(plan)
        self._cells: list[ReceiptCell] = []
        self._problems: list[tuple[str, str, str, str]] = []
        self._names: list[tuple[str, str, str, str]] = []
        self._links: list[tuple[str, str, str, str]] = []
        self._scanned = ScanCount(plan.scan)
        self._tables: list[ReceiptTable] = []
        self._resources: list[dict[str, object]] = []
        self._file_count = self._payload_bytes = 0

    def write(self, packing: _Packing) -> BagResult:
        plan, assembler = self._plan, self._assembler
        assembler.add_tag_file(
            "bagit.txt",
            b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        )
        course = json.dumps(
            dict(plan.course), ensure_ascii=False, indent=2, sort_keys=True
        )
        assembler.add_payload("data/course.json", f"{course}\n".encode())
        for source in plan.tables:
            self._add_table(source)
        self._pack_workspaces(packing)
        self._report("finishing", len(self._cells))
        self._add_lists()
        receipt = self._add_descriptions()
        sha256, size_bytes = assembler.close_archive()
        packing.index.finish(size_bytes)
        return BagResult(
            sha256=sha256,
            size_bytes=size_bytes,
            receipt=receipt,
            file_count=receipt.file_count,
            payload_bytes=receipt.payload_bytes,
            problem_count=receipt.problem_count,
            reused_count=self._reused_count,
        )

    def _add_table(self, source: TableSource) -> None:
        path = f"data/tables/{source.schema.name}.csv"
        summary = self._write_csv(source, path, is_viewed=True)
        self._resources.append(
            describe_table(source.schema, summary, f"{source.schema.name}.csv")
        )
        self._tables.append(
            ReceiptTable(
                name=source.schema.name,
                path=path,
                rows=summary.row_count,
                excluded=dict(source.excluded),
            )
        )

    def _write_csv(
        self, source: TableSource, path: str, *, is_viewed: bool = False
    ) -> TableSummary:
        with (self._folder / "table").open("w+b") as file:
            summary = write_table(source.batches(), source.schema, file)
            file.flush()
            self._assembler.add_payload_file(path, file)
            if is_viewed:
                self._page.add_table(source.schema.title, path, file)
        return summary

    def _pack_workspaces(self, packing: _Packing) -> None:
        reuse = packing.reuse if self._plan.scan is None else None
        earlier = {} if reuse is None else load_places(reuse, index_of(reuse))
        wanted = [w for w in self._plan.workspaces if _is_read(w)]
        tasks = [
            PackingTask(
                root=str(workspace.root),
                prefix=self._prefix_of(workspace),
                max_file_bytes=self._plan.limits.max_file_bytes,
                scan="" if self._plan.scan is None else self._plan.scan.mark,
                earlier=earlier.get(str(workspace.root)),
                opener=self._plan.opener,
            )
            for workspace in wanted
        ]
        with PackingJournal(self._folder) as journal:
            parts = self._iter_parts(tasks, journal, packing)
            for workspace in self._plan.workspaces:
                part = next(parts) if _is_read(workspace) else None
                self._add_workspace(workspace, part, packing)
                self._report("packing", len(self._cells))

    def _prefix_of(self, workspace: ExpectedWorkspace) -> str:
        return f"{self._plan.name}/data/{self._folders[workspace]}/"

    def _iter_parts(
        self, tasks: list[PackingTask], journal: PackingJournal, packing: _Packing
    ) -> Iterator[PackedPart]:
        earlier = journal.load_earlier()
        note = journal.note if packing.staged_bytes is None else _forget
        missing = [task for task in tasks if task not in earlier]
        count = packing.processes
        if count is None:
            count = count_processes(missing)
        with PackingPool(
            self._folder / journal.segment_prefix,
            count if missing else 0,
            staged_bytes=packing.staged_bytes,
            rules=self._plan.scan,
        ) as pool:
            packed = pool.pack(missing)
            for task in tasks:
                part = earlier.get(task)
                if part is None:
                    part = next(packed)
                    note(task, part)
                yield part

    def _add_workspace(
        self,
        workspace: ExpectedWorkspace,
        part: PackedPart | None,
        packing: _Packing,
    ) -> None:
        cell = (workspace.assignment, workspace.username)
        if part is None:
            self._page.add_workspace([], None, 0)
            self._cells.append(describe_unread(workspace))
            return
        packed = part.packed
        if packed.length:
            base = self._assembler.add_part(part)
            if packing.staged_bytes is None:  # else nobody can copy from the archive
                prefix = self._prefix_of(workspace)
                packing.index.note(str(workspace.root), prefix, packed, base)
        self._page.add_workspace(
            packed.files, PartReader(part), self._assembler.position
        )
        self._reused_count += packed.reused_count
        self._problems.extend((*cell, path, why) for path, why in packed.problems)
        if packed.failure and not packed.problems:
            self._problems.append((*cell, "", packed.failure))
        self._names.extend((*cell, old, new) for old, new in packed.renamed)
        self._links.extend((*cell, path, to) for path, to in packed.links)
        self._scanned.note(cell, packed)
        self._file_count += packed.file_count
        self._payload_bytes += packed.size_bytes
        folder = self._folders[workspace] if packed.length else ""
        self._cells.append(describe_packed(workspace, packed, folder))

    def _add_lists(self) -> None:
        plan = self._plan
        lists: tuple[tuple[TableSchema, Sequence[tuple[str | int, ...]]], ...] = (
            (PROBLEMS, self._problems),
            (NAMES, self._names),
            (LINKS, self._links),
            *(() if plan.scan is None else ((IDENTITIES, self._scanned.rows),)),
        )
        for schema, rows in lists:
            source = TableSource(
                schema=schema, batches=partial(iter_list_batches, schema, rows)
            )
            self._write_csv(source, f"data/{schema.name}.csv")
        package = describe_package(
            name=self._plan.identifier.lower(),
            title=self._plan.title,
            created=format_time(self._plan.snapshot_at),
            resources=self._resources,
        )
        text = json.dumps(package, ensure_ascii=False, indent=2)
        self._assembler.add_payload(
            "data/tables/datapackage.json", f"{text}\n".encode()
        )

    def _add_descriptions(self) -> Receipt:
        plan, assembler = self._plan, self._assembler
        manifest_sha256 = assembler.add_manifest()
        assembler.add_tag_file("verify.py", VERIFY_SCRIPT)
        oxum = f"{assembler.payload_bytes}.{assembler.payload_count}"
        assembler.add_tag_file("bag-info.txt", format_bag_info(plan, oxum))
        self._add_page()
        # Nothing but the receipt, its signature and their digests follows the seal.
        receipt = Receipt(
            identifier=plan.identifier,
            title=plan.title,
            generator=plan.generator,
            snapshot_at=format_time(plan.snapshot_at),
            cells=tuple(self._cells),
            tables=tuple(self._tables),
            problems=dict(Counter(str(row[3]) for row in self._problems)),
            manifest_sha256=manifest_sha256,
            seal=assembler.seal(),
            pseudonymised_for=plan.pseudonymised_for,
            identities=self._scanned.describe(),
            encrypted_with="age" if plan.is_encrypted else "",
        )
        document = receipt.to_json()
        assembler.add_stored_tag_file("receipt.json", document)
        if plan.signing_key is not None:
            assembler.add_stored_tag_file(
                "receipt.sig", sign_receipt(document, plan.signing_key)
            )
        assembler.add_tag_manifest()
        return receipt

    def _add_page(self) -> None:
        plan = self._plan
        summary = summarise(
            title=plan.title,
            snapshot_at=format_time(plan.snapshot_at),
            generator=plan.generator,
            cells=self._cells,
        )
        with (self._folder / "viewer-page").open("w+b") as file:
            self._page.write(file, summary, self._problems)
            self._assembler.add_tag_stream("index.html", file)

    def _report(self, phase: str, cells_done: int) -> None:
        total = len(self._plan.workspaces)
        share = cells_done / total if total else 1
        self._on_progress(
            Progress(
                phase=phase,
                members_done=self._file_count,
                members_total=round(self._file_count / share) if share else 0,
                bytes_done=self._payload_bytes,
                bytes_total=round(self._payload_bytes / share) if share else 0,
            )
        )


def _is_read(workspace: ExpectedWorkspace) -> bool:
    return workspace.excluded_by is None and workspace.root is not None


def _forget(_task: PackingTask, _part: PackedPart) -> None:
    """Note nothing of a segment that will soon be gone."""
