"""One student's workspace: the starter code and what the student made of it."""

import json
import random
from collections.abc import Mapping

from bookbag.imports.sample.artefacts import (
    draw_chart,
    record_measurements,
    write_notebook,
)
from bookbag.imports.sample.edits import COMMENTS, edit_source, write_function
from bookbag.imports.sample.people import SamplePerson
from bookbag.imports.sample.tree import SampleTree

TERM_STARTS_AT = 1_788_768_000
"""Unix time of 2026-09-07 08:00 UTC, when the starter code was handed out."""
DAY_SECONDS = 86_400
EDITED_SHARE = 0.15
LONG_NAME = "reflection on what went well and what did not and what I would do next "


def make_workspace(
    starter: Mapping[str, bytes], student: SamplePerson, rng: random.Random
) -> SampleTree:
    """Return what one student's workspace of one assignment holds.

    Args:
        starter: The assignment's files by path.
        student: Whose work it is.
        rng: The only source of chance.
    """
    last_day = TERM_STARTS_AT + rng.randrange(1, 60) * DAY_SECONDS
    tree = SampleTree(modified_at=last_day + rng.randrange(DAY_SECONDS))
    _hand_out(tree, starter, rng)
    _write_own_code(tree, student, rng)
    _write_own_documents(tree, student, rng)
    _add_odd_names(tree, rng)
    _add_platform_files(tree, rng)
    return tree


def _hand_out(
    tree: SampleTree, starter: Mapping[str, bytes], rng: random.Random
) -> None:
    for path, content in starter.items():
        if not path.endswith(".py") or rng.random() >= EDITED_SHARE:
            tree.add(path, content, modified_at=TERM_STARTS_AT)
        elif rng.random() >= 0.02:
            tree.add(path, edit_source(content, rng))
        # One in fifty of the files that a student touches is thrown away.


def _write_own_code(
    tree: SampleTree, student: SamplePerson, rng: random.Random
) -> None:
    author = f"# Written by {student.first_name} {student.last_name}\n"
    for number in range(rng.randrange(2, 6)):
        functions = [write_function(rng) for _ in range(rng.randrange(1, 8))]
        tree.add(f"own/part_{number + 1}.py", author + "".join(functions))
    tree.add("own/__init__.py", "")
    tree.add(
        "run.sh",
        "#!/bin/sh\nexec python3 -m own.part_1 \"$@\"\n",
        is_executable=True,
    )  # fmt: skip
    tree.links["latest.py"] = "own/part_1.py"


def _write_own_documents(
    tree: SampleTree, student: SamplePerson, rng: random.Random
) -> None:
    tree.add("notes.md", "".join(f"- {rng.choice(COMMENTS)}\n" for _ in range(9)))
    tree.add("figures/chart.png", draw_chart(rng))
    if rng.random() < 0.6:
        title = f"Measurements of {student.first_name}"
        tree.add("notebooks/analysis.ipynb", write_notebook(rng, title=title))
        tree.links["notebooks/chart.png"] = "../figures/chart.png"
    if rng.random() < 0.7:
        tree.add("measurements/run1.bin", record_measurements(rng))
    tree.empty_folders.add("results")


def _add_odd_names(tree: SampleTree, rng: random.Random) -> None:
    if rng.random() < 0.5:
        tree.add("Übungsbericht końcowy 報告.md", f"{rng.choice(COMMENTS)}\n")
    if rng.random() < 0.2:
        # Close to the 255 bytes that a file system takes, and no further.
        tree.add(f"drafts/{LONG_NAME * 3}.txt", f"{rng.choice(COMMENTS)}\n")
    if rng.random() < 0.1:
        # Fine where it was written; Windows cannot hold either of these names.
        tree.add("notes: week 2.txt", f"{rng.choice(COMMENTS)}\n")
        tree.add("own/aux.py", "# helper functions\n")
    if rng.random() < 0.1:
        tree.add("Notes.md", "The same name to those who do not look at case.\n")


def _add_platform_files(tree: SampleTree, rng: random.Random) -> None:
    tree.add(".gitignore", "__pycache__/\n*.pyc\n.venv/\n")
    guide = {"theme": "light", "page": rng.randrange(1, 12), "hidden": False}
    tree.add(".guides/metadata.json", json.dumps(guide, indent=2) + "\n")
    tree.add(".guides/content/page-1.md", "# Start here\n\nRead, then run.\n")
    if rng.random() < 0.5:
        tree.add(".guides/img/screen.png", draw_chart(rng, width=120, height=60))
