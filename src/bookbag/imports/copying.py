"""Copying workspaces into Bookbag's own folder.

A copy is named after the fingerprint of what it was made from, so the same files are
copied once, and changed files get a new folder while the rows still name the old one
(ADR 0053).
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from django.utils.text import slugify

from bookbag.formats.texts import show_text
from bookbag.imports.errors import CopyError, Fault, LoadFaultsError
from bookbag.imports.plan import CoursePlan
from bookbag.imports.tree_walk import TreeEntry, fingerprint_tree, walk_tree

STAGED_PREFIX = ".staged-"
LOCK_NAME = ".copying.lock"
CHUNK_BYTES = 1 << 20
FREE_BYTES_FLOOR = 64 * 1024 * 1024
PRIVATE = 0o700
FINGERPRINT_DIGITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """Which folders are to be copied where."""

    root: Path
    """The folder for all copies."""
    targets: Mapping[Path, Path]
    """Where the copy of each planned folder lies, or will lie."""
    sizes: Mapping[Path, int]
    """Bytes in each planned folder."""

    @property
    def missing(self) -> dict[Path, Path]:
        """The copies that are not there yet."""
        return {
            source: target
            for source, target in self.targets.items()
            if not target.exists()
        }

    @property
    def missing_count(self) -> int:
        """How many copies are not there yet."""
        return len(self.missing)


@dataclass(slots=True, kw_only=True)
class PublishedCopies:
    """What was copied."""

    copied_count: int = 0
    """Workspaces that were copied now."""
    problems: list[str] = field(default_factory=list)
    """Things that no copy can hold, such as sockets."""


def plan_copies(plan: CoursePlan, *, workspace_slug: str, root: Path) -> CopyPlan:
    """Return where each workspace of a plan belongs; nothing is written.

    Raises:
        LoadFaultsError: With every workspace that cannot be read.
    """
    course = plan.course_name
    # The slug is for people; the digest keeps courses apart that share one.
    course_key = sha256(course.encode()).hexdigest()[:8]
    base = root / workspace_slug / f"{slugify(course)[:60]}-{course_key}"
    targets: dict[Path, Path] = {}
    sizes: dict[Path, int] = {}
    faults: list[Fault] = []
    for workspace in plan.workspaces:
        source = workspace.folder
        try:
            fingerprint, sizes[source] = fingerprint_tree(source)
        except OSError as error:
            faults.append(_to_fault(source, error))
            continue
        targets[source] = (
            base
            / workspace.assignment_folder
            / workspace.username
            / fingerprint[:FINGERPRINT_DIGITS]
        )
    if faults:
        raise LoadFaultsError(faults)
    return CopyPlan(root=root, targets=targets, sizes=sizes)


@contextmanager
def publish_copies(copies: CopyPlan) -> Iterator[PublishedCopies]:
    """Copy what is missing; the block then writes the rows that name the copies.

    When the block raises, the new copies are removed; when it ends, the superseded
    ones are.

    Raises:
        LoadFaultsError: With every file that cannot be read.
        CopyError: If there is too little room, or a file changed meanwhile.
    """
    try:
        make_private_folders(copies.root)
    except OSError as error:
        raise CopyError(
            f"Folder for copies cannot be made: {error.strerror}"
        ) from error
    with _lock(copies.root):
        _remove_leftovers(copies.root)
        missing = copies.missing
        _check_room(copies, missing)
        published = PublishedCopies(copied_count=len(missing))
        made: list[Path] = []
        try:
            _copy_all(copies.root, missing, published, made)
            yield published
        except BaseException:
            for target in made:
                shutil.rmtree(target)
            raise
        _remove_superseded(copies)


def make_private_folders(folder: Path) -> None:
    """Make a folder and those above it that are missing, for the server alone."""
    # ``mkdir`` with ``parents`` would give only the last folder its mode.
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            path.mkdir(mode=PRIVATE, exist_ok=True)


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Let one load at a time copy, so that none removes what another one made."""
    with (root / LOCK_NAME).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_leftovers(root: Path) -> None:
    # The lock is ours, so these belong to loads that were killed.
    for path in root.glob(f"{STAGED_PREFIX}*"):
        shutil.rmtree(path)


def _check_room(copies: CopyPlan, missing: Mapping[Path, Path]) -> None:
    needed = sum(copies.sizes[source] for source in missing) + FREE_BYTES_FLOOR
    free = shutil.disk_usage(copies.root).free
    if missing and free < needed:
        message = f"Found {free} bytes of free space, expected at least {needed}"
        raise CopyError(message)


def _copy_all(
    root: Path,
    missing: Mapping[Path, Path],
    published: PublishedCopies,
    made: list[Path],
) -> None:
    if not missing:
        return
    staged = Path(tempfile.mkdtemp(prefix=STAGED_PREFIX, dir=root))
    faults: list[Fault] = []
    try:
        for number, (source, target) in enumerate(missing.items()):
            try:
                _copy_tree(source, staged / str(number), published)
                fingerprint, _ = fingerprint_tree(staged / str(number))
            except OSError as error:
                faults.append(_to_fault(source, error))
                continue
            if fingerprint[:FINGERPRINT_DIGITS] != target.name:
                faults.append(_to_change_fault(source))
        if faults:
            raise LoadFaultsError(faults)
        # A copy that stands at its place counts as whole, also after a power cut.
        os.sync()
        for number, target in enumerate(missing.values()):
            make_private_folders(target.parent)
            (staged / str(number)).rename(target)
            made.append(target)
    finally:
        shutil.rmtree(staged)


def _copy_tree(source: Path, target: Path, published: PublishedCopies) -> None:
    target.mkdir(mode=PRIVATE)
    folders: list[tuple[Path, TreeEntry]] = []
    for entry in walk_tree(source):
        path = target / entry.path
        if entry.is_folder:
            path.mkdir(mode=PRIVATE)
            folders.append((path, entry))
        elif entry.is_file:
            _copy_file(entry, path)
        elif entry.is_link:
            path.symlink_to(entry.read_link())
            _keep_times(path, entry)
        elif entry.is_pipe:
            os.mkfifo(path, entry.kept_mode)
        else:
            shown = show_text(str(source / entry.path), limit=None)
            published.problems.append(f"{shown}: a socket or device, not copied")
    # Innermost first, since writing into a folder changes its time.
    for path, entry in reversed(folders):
        path.chmod(entry.kept_mode)
        _keep_times(path, entry)


def _copy_file(entry: TreeEntry, target: Path) -> None:
    """Copy one file, never more of it than it had when it was opened."""
    descriptor = entry.open()
    with os.fdopen(descriptor, "rb", buffering=0) as source, target.open("xb") as copy:
        remaining = entry.status.st_size
        while remaining and (chunk := source.read(min(CHUNK_BYTES, remaining))):
            copy.write(chunk)
            remaining -= len(chunk)
    target.chmod(entry.kept_mode)
    _keep_times(target, entry)


def _keep_times(path: Path, entry: TreeEntry) -> None:
    times = (entry.status.st_atime_ns, entry.status.st_mtime_ns)
    os.utime(path, ns=times, follow_symlinks=False)


def _remove_superseded(copies: CopyPlan) -> None:
    for target in copies.targets.values():
        for sibling in target.parent.iterdir():
            if sibling != target:
                shutil.rmtree(sibling)


def _to_fault(source: Path, error: OSError) -> Fault:
    inner = Path(os.fsdecode(error.filename)).name if error.filename else ""
    place = f" at '{show_text(inner)}'" if inner else ""
    return Fault(
        path=show_text(str(source), limit=None),
        line=None,
        message=f"Found something that cannot be copied{place}: {error.strerror}",
    )


def _to_change_fault(source: Path) -> Fault:
    return Fault(
        path=show_text(str(source), limit=None),
        line=None,
        message="Found files that changed while they were copied, expected them at "
        "rest",
    )
