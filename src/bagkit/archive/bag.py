"""Writing one archive: a ZIP that holds one BagIt bag with its receipt.

Source: RFC 8493; ``docs/formats/archive.md``.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bagkit.archive.assembly import ArchiveAssembler
from bagkit.archive.beside import (
    discard_parts,
    index_of,
    open_archive,
    take_over_parts,
)
from bagkit.archive.cells import CellNotes
from bagkit.archive.descriptions import format_bag_info, format_time
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
from bagkit.archive.shards import Baton, PackedElsewhere
from bagkit.archive.splitting import check_limits
from bagkit.archive.tasks import is_read, make_tasks
from bagkit.archive.verify_script import VERIFY_SCRIPT
from bagkit.archive.viewing import PartReader
from bagkit.errors import PackingError
from bagkit.packing.archive_writers import ArchiveWriter, SharedArchive
from bagkit.packing.journal import PackingJournal
from bagkit.packing.pool import PackedPart, PackingPool, PackingTask, count_processes
from bagkit.packing.reuse import ReuseIndex
from bagkit.receipt import Receipt, ReceiptTable, sign_receipt
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
    folder = take_over_parts(target, earlier.resume_from)
    try:
        archive = open_archive(target, stream, folder)
        with (
            ArchiveAssembler(
                archive, folder, top=plan.name, made_at=plan.snapshot_at
            ) as assembler,
            ReuseIndex(folder / "reuse-index") as index,
            ViewerPage(folder) as page,
        ):
            packing = _Packing(
                processes=processes,
                index=index,
                reuse=earlier.reuse,
                staged_bytes=None if stream is None else stream.staged_bytes,
                elsewhere=None if stream is None else stream.elsewhere,
                archive=archive,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packing:
    """How workspaces are packed."""

    processes: int | None
    index: ReuseIndex
    reuse: Path | None
    staged_bytes: int | None
    """How much may be staged at a time; None to keep it all, and note it."""
    elsewhere: PackedElsewhere | None
    """Who packs instead of this process."""
    archive: ArchiveWriter


class _BagWriter:
    def __init__(
        self,
        plan: BagPlan,
        assembler: ArchiveAssembler,
        page: ViewerPage,
        folder: Path,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._plan = plan
        self._assembler = assembler
        self._page = page
        self._folder = folder
        self._on_progress = on_progress
        self._folders = map_folders(plan)
        self._notes = CellNotes(plan.scan)
        self._tables: list[ReceiptTable] = []
        self._resources: list[dict[str, object]] = []

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
        self._report("finishing", len(self._notes.cells))
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
            reused_count=self._notes.reused_count,
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
        tasks = make_tasks(self._plan, packing.reuse, self._prefix_of)
        # Those who are looked for in files must not leave this machine.
        elsewhere = packing.elsewhere if self._plan.scan is None else None
        if elsewhere is not None and isinstance(packing.archive, SharedArchive):
            self._take_shards(tasks, elsewhere, packing.archive)
            return
        with PackingJournal(self._folder) as journal:
            parts = self._iter_parts(tasks, journal, packing)
            for workspace in self._plan.workspaces:
                part = next(parts) if is_read(workspace) else None
                self._add_workspace(workspace, part, packing)
                self._report("packing", len(self._notes.cells))

    def _take_shards(
        self,
        tasks: list[PackingTask],
        elsewhere: PackedElsewhere,
        archive: SharedArchive,
    ) -> None:
        digest = archive.hand_on()
        start = Baton(
            position=archive.position, digest=digest, page=self._page.hand_on()
        )
        notes = elsewhere.pack(tasks, start)
        for workspace in self._plan.workspaces:
            if not is_read(workspace):
                self._add_unread(workspace)
                continue
            note = next(notes)
            self._assembler.note_packed(note.packed, archive.position)
            archive.skip(note.packed.length)
            self._page.add_lines(note.files, note.texts)
            self._notes.add_packed(workspace, note.packed, self._folders[workspace])
            self._report("packing", len(self._notes.cells))
        end = elsewhere.end()
        if end.position != archive.position:
            message = f"Found shards up to {end.position}, expected {archive.position}"
            raise PackingError(message)
        archive.go_on(end.digest)
        self._page.go_on(end.page)

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
        if part is None:
            self._add_unread(workspace)
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
        self._notes.add_packed(workspace, packed, self._folders[workspace])

    def _add_unread(self, workspace: ExpectedWorkspace) -> None:
        self._page.add_workspace([], None, 0)
        self._notes.add_unread(workspace)

    def _add_lists(self) -> None:
        plan = self._plan
        lists: tuple[tuple[TableSchema, Sequence[tuple[str | int, ...]]], ...] = (
            (PROBLEMS, self._notes.problems),
            (NAMES, self._notes.names),
            (LINKS, self._notes.links),
            *(() if plan.scan is None else ((IDENTITIES, self._notes.scanned.rows),)),
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
            cells=tuple(self._notes.cells),
            tables=tuple(self._tables),
            problems=dict(Counter(str(row[3]) for row in self._notes.problems)),
            manifest_sha256=manifest_sha256,
            seal=assembler.seal(),
            pseudonymised_for=plan.pseudonymised_for,
            circle=plan.circle,
            identities=self._notes.scanned.describe(),
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
            cells=self._notes.cells,
        )
        with (self._folder / "viewer-page").open("w+b") as file:
            self._page.write(file, summary, self._notes.problems)
            self._assembler.add_tag_stream("index.html", file)

    def _report(self, phase: str, cells_done: int) -> None:
        total = len(self._plan.workspaces)
        share = cells_done / total if total else 1
        self._on_progress(
            Progress(
                phase=phase,
                members_done=self._notes.file_count,
                members_total=round(self._notes.file_count / share) if share else 0,
                bytes_done=self._notes.payload_bytes,
                bytes_total=round(self._notes.payload_bytes / share) if share else 0,
            )
        )


def _forget(_task: PackingTask, _part: PackedPart) -> None:
    """Note nothing of a segment that will soon be gone."""
