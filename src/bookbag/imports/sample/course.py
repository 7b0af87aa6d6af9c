"""Writing the whole sample course: roster, description and workspaces."""

import json
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bookbag.imports.errors import SampleTargetError
from bookbag.imports.sample.people import (
    SamplePerson,
    format_roster,
    make_students,
    make_teachers,
)
from bookbag.imports.sample.starters import (
    ASSIGNMENTS,
    STACKS,
    StarterAssignment,
    read_starter,
)
from bookbag.imports.sample.student import TERM_STARTS_AT, make_workspace
from bookbag.imports.sample.tree import (
    FOLDER_MODE,
    SampleTree,
    make_plain_folder,
    set_folder_time,
    write_plain_file,
    write_tree,
)

COURSE_NAME = "CS101"
NEVER_STARTED_SHARE = 0.08
EMPTY_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleProgress:
    """How far the writing has come."""

    done: int
    """Students' assignments that were looked after."""
    total: int
    """All of them: students x assignments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSummary:
    """What the sample course holds."""

    folder: Path
    """Where it was written; give this to ``bookbag load``."""
    teacher_count: int
    """Teachers, a read-only one among them."""
    student_count: int
    """Students."""
    assignment_count: int
    """Assignments, one of them book-based."""
    workspace_count: int
    """Workspaces with files."""
    empty_count: int
    """Workspaces that are an empty folder."""
    not_started_count: int
    """Students' assignments without a folder."""
    file_count: int
    """Files in all workspaces."""
    size_bytes: int
    """Bytes in all these files."""


def write_sample_course(
    target: Path,
    *,
    students: int = 40,
    seed: int = 1,
    on_progress: Callable[[SampleProgress], None] | None = None,
) -> SampleSummary:
    """Write a realistic course in the native layout, ready for ``bookbag load``.

    The same seed and number of students give the same bytes, modes and times as long
    as Python stays the same, since its standard library is the starter code.

    Args:
        target: A new or an empty folder.
        students: How many students, at least 1.
        seed: Chooses what the students did.
        on_progress: Called after each student's assignment.

    Returns:
        What was written.

    Raises:
        SampleTargetError: If something is at the target.
        SampleSourceError: If this Python has no sources of its standard library.
    """
    target = target.absolute()
    if target.is_symlink() or (target.exists() and not _is_empty_folder(target)):
        raise SampleTargetError(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".sample-", dir=target.parent))
    try:
        writer = _CourseWriter(staged, students, seed, on_progress)
        summary = writer.write(target)
        # Only a whole course ever stands at the target.
        staged.rename(target)
    except BaseException:
        shutil.rmtree(staged)
        raise
    return summary


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


class _CourseWriter:
    """Writes one course and counts what it wrote."""

    def __init__(
        self,
        folder: Path,
        student_count: int,
        seed: int,
        on_progress: Callable[[SampleProgress], None] | None,
    ) -> None:
        self.folder = folder
        self.seed = seed
        self.students = make_students(student_count)
        self.on_progress = on_progress
        self.done = 0
        self.trees: list[tuple[int, int]] = []
        """File count and bytes of each workspace written."""
        self.not_started_count = 0

    def write(self, target: Path) -> SampleSummary:
        teachers = make_teachers()
        self._write_root_file("roster.csv", format_roster([*teachers, *self.students]))
        self._write_root_file("course.json", format_course_file())
        workspaces = self.folder / "workspaces"
        make_plain_folder(workspaces)
        for assignment in ASSIGNMENTS:
            self._write_assignment(workspaces / assignment.folder, assignment)
        self.folder.chmod(FOLDER_MODE)
        for folder in (*workspaces.iterdir(), workspaces, self.folder):
            set_folder_time(folder, modified_at=TERM_STARTS_AT)
        return SampleSummary(
            folder=target,
            teacher_count=len(teachers),
            student_count=len(self.students),
            assignment_count=len(ASSIGNMENTS),
            workspace_count=sum(1 for count, _ in self.trees if count),
            empty_count=sum(1 for count, _ in self.trees if not count),
            not_started_count=self.not_started_count,
            file_count=sum(count for count, _ in self.trees),
            size_bytes=sum(size for _, size in self.trees),
        )

    def _write_root_file(self, name: str, content: bytes) -> None:
        write_plain_file(self.folder / name, content, modified_at=TERM_STARTS_AT)

    def _write_assignment(self, folder: Path, assignment: StarterAssignment) -> None:
        starter = read_starter(assignment.packages)
        make_plain_folder(folder)
        never, empty = self._choose_absent(assignment)
        for student in self.students:
            if student.username in never:
                self.not_started_count += 1
            elif student.username in empty:
                self._write_workspace(folder, student, starter={})
            else:
                self._write_workspace(folder, student, starter)
            self._report_progress()

    def _choose_absent(
        self, assignment: StarterAssignment
    ) -> tuple[set[str], set[str]]:
        """Return who never started, and whose folder is empty."""
        rng = random.Random(f"{self.seed}/{assignment.folder}")  # noqa: S311  # chance that repeats, no secret
        usernames = [student.username for student in self.students]
        never_count = round(len(usernames) * NEVER_STARTED_SHARE)
        empty_count = round(len(usernames) * EMPTY_SHARE)
        absent = rng.sample(usernames, never_count + empty_count)
        return set(absent[:never_count]), set(absent[never_count:])

    def _write_workspace(
        self, folder: Path, student: SamplePerson, starter: dict[str, bytes]
    ) -> None:
        key = f"{self.seed}/{folder.name}/{student.username}"
        rng = random.Random(key)  # noqa: S311  # chance that repeats, no secret
        tree = (
            make_workspace(starter, student, rng)
            if starter
            else SampleTree(modified_at=TERM_STARTS_AT)
        )
        write_tree(folder / student.username, tree)
        sizes = [len(file.content) for file in tree.files.values()]
        self.trees.append((len(sizes), sum(sizes)))

    def _report_progress(self) -> None:
        self.done += 1
        if self.on_progress is not None:
            total = len(ASSIGNMENTS) * len(self.students)
            self.on_progress(SampleProgress(done=self.done, total=total))


def format_course_file() -> bytes:
    """Return the description of the sample course, as ``bookbag load`` reads it."""
    modules = list(dict.fromkeys(assignment.module for assignment in ASSIGNMENTS))
    course = {
        "name": COURSE_NAME,
        "title": "Introduction to Programming",
        "description": "A sample course. Its students and their work are made up.",
        "stacks": [{"name": name, "version": version} for name, version in STACKS],
        "modules": [
            {
                "name": module,
                "assignments": [
                    _describe_assignment(assignment)
                    for assignment in ASSIGNMENTS
                    if assignment.module == module
                ],
            }
            for module in modules
        ],
    }
    return (json.dumps(course, indent=2, ensure_ascii=False) + "\n").encode()


def _describe_assignment(assignment: StarterAssignment) -> dict[str, str]:
    described = {
        "name": assignment.name,
        "folder": assignment.folder,
        "kind": "book" if assignment.book_name else "project",
        "stack": assignment.stack,
    }
    if assignment.book_name:
        described["book_name"] = assignment.book_name
    return described
