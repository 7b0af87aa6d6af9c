"""A course to measure with: the same files for the same seed, on every machine.

450 workspaces of 3 assignments x 150 students, about 50,000 files and 400 MB, most of
it starter code that all students of an assignment share, and a few edits by each.
"""

import os
import random
import sysconfig
from dataclasses import dataclass
from pathlib import Path

SEED = 20261122
ASSIGNMENTS = 3
FILES_PER_WORKSPACE = 111
WORKSPACE_BYTES = 890_000
EDITED_FILES = 6
OWN_FILES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedCourse:
    """A course on disk and its size."""

    root: Path
    file_count: int
    size_bytes: int


def generate_course(root: Path, *, students: int = 150) -> GeneratedCourse:
    """Write ``<assignment>/<student>/...`` below a folder."""
    chooser = random.Random(SEED)  # noqa: S311 - the same files each time
    starters = [choose_starter(chooser) for _ in range(ASSIGNMENTS)]
    file_count = size_bytes = 0
    for number, starter in enumerate(starters, 1):
        for student in range(students):
            home = root / f"assignment-{number}" / f"student{student:05}"
            files = edit_starter(starter, random.Random(f"{SEED}{number}{student}"))  # noqa: S311
            for name, content in files.items():
                path = home / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            file_count += len(files)
            size_bytes += sum(map(len, files.values()))
    return GeneratedCourse(root=root, file_count=file_count, size_bytes=size_bytes)


def choose_starter(chooser: random.Random) -> dict[str, bytes]:
    """Return starter files: sources of the standard library, and a few images."""
    library = Path(sysconfig.get_paths()["stdlib"])
    sources = sorted(
        path.relative_to(library)
        for path in library.rglob("*.py")
        if "site-packages" not in path.parts and "dist-packages" not in path.parts
    )
    chooser.shuffle(sources)
    files: dict[str, bytes] = {}
    room = WORKSPACE_BYTES
    for number in range(FILES_PER_WORKSPACE - OWN_FILES):
        if number % 20 == 0:
            files[f"images/figure{number}.png"] = chooser.randbytes(12_000)
            room -= 12_000
            continue
        left = FILES_PER_WORKSPACE - OWN_FILES - number
        source = sources[number]
        content = (library / source).read_bytes()[: 2 * room // left]
        files[f"src/{source.as_posix()}"] = content
        room -= len(content)
    return files


def edit_starter(starter: dict[str, bytes], chooser: random.Random) -> dict[str, bytes]:
    """Return one student's files: the starter with edits and files of their own."""
    files = dict(starter)
    for name in chooser.sample(sorted(starter), EDITED_FILES):
        answer = "\n".join(f"result_{chooser.random()} = {n}" for n in range(20))
        files[name] = starter[name] + answer.encode()
    for number in range(OWN_FILES):
        body = "".join(f"note {chooser.random()}\n" for _ in range(60))
        files[f"notes/day{number}.md"] = body.encode()
    return files


def change_one_percent(root: Path) -> int:
    """Append a line to every hundredth file, spread over all workspaces."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    chosen = random.Random(SEED).sample(paths, max(1, len(paths) // 100))  # noqa: S311
    for path in chosen:
        with path.open("ab") as file:
            file.write(b"# changed since\n")
    os.sync()
    return len(chosen)
