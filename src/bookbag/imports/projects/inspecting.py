"""What an upload holds, for the page on which people choose."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from bagkit.archive import COURSE, ArchiveContents, FoundWorkspace
from bagkit.trees.names import escape_path
from bookbag.domain.courses.models import Stack
from bookbag.domain.people.models import Workspace
from bookbag.formats.course_file import DescribedStack, read_described_course
from bookbag.imports.projects.models import FoundProject, ProjectImport

SHOWN_RENAMES = 20
ARCHIVE_SUFFIXES = (".tar.gz", ".tar.zst", ".tgz", ".tzst", ".tar", ".zip")

Stacks = Mapping[tuple[str, str], DescribedStack]


def describe_found(job: ProjectImport, contents: ArchiveContents) -> list[FoundProject]:
    """Return a row, not yet saved, for each project that an upload holds."""
    stacks = _read_stacks(contents)
    catalogue = index_stacks(job.workspace)
    return [
        _describe(job, position, workspace, stacks, catalogue)
        for position, workspace in enumerate(contents.workspaces)
    ]


def index_stacks(workspace: Workspace) -> dict[tuple[str, str], Stack]:
    """Return a workspace's stacks by name and version."""
    return {(s.name, s.version): s for s in Stack.objects.filter(workspace=workspace)}


def _describe(
    job: ProjectImport,
    position: int,
    workspace: FoundWorkspace,
    stacks: Stacks,
    catalogue: Mapping[tuple[str, str], Stack],
) -> FoundProject:
    stack = stacks.get((workspace.assignment, workspace.username))
    name, version = (stack.name, stack.version) if stack else ("", "")
    shown = list(workspace.names.items())[:SHOWN_RENAMES]
    return FoundProject(
        of_import=job,
        position=position,
        assignment=_printable(workspace.assignment, 500),
        username=_printable(workspace.username, 500),
        file_count=workspace.file_count,
        folder_count=workspace.folder_count,
        link_count=workspace.link_count,
        size_bytes=workspace.size_bytes,
        renamed_count=len(workspace.names),
        renamed=[[_printable(old, 500), escape_path(new)[:500]] for old, new in shown],
        stack_name=name[:200],
        stack_version=version[:60],
        stack=catalogue.get((name, version)),
        name=_propose_name(job, workspace),
    )


def _propose_name(job: ProjectImport, workspace: FoundWorkspace) -> str:
    if workspace.username:
        name = f"{workspace.assignment} ({workspace.username})"
    else:
        name = workspace.folder or _strip_suffix(job.file_name)
    return _printable(name, 200).strip() or "Project"


def _strip_suffix(file_name: str) -> str:
    for suffix in ARCHIVE_SUFFIXES:
        if file_name.lower().endswith(suffix):
            return file_name[: -len(suffix)]
    return PurePosixPath(file_name).stem


def _printable(text: str, most: int) -> str:
    """Return a text that every database takes and every page shows."""
    shown = "".join(c if c.isprintable() else "_" for c in text)
    return shown[:most]


def _read_stacks(contents: ArchiveContents) -> Stacks:
    content = contents.documents.get(COURSE)
    if content is None:
        return {}
    # Faults in it are no reason to refuse a project: its stack is chosen by hand then.
    course = read_described_course(content, lambda _fault: None)
    if course is None:
        return {}
    return {
        (project.assignment, project.username): project.stack
        for project in course.projects
        if project.stack is not None
    }
