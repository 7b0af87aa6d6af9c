"""What a restore would do, or did: counted by kind, with lines to look at."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

SHOWN_LINES = 200
"""Lines that are kept of each kind and outcome; the counts are of all."""
SHOWN_REFUSALS = 1_000


class Outcome(StrEnum):
    """What becomes of one thing of the archive."""

    CREATE = "create"
    """It is missing here, and is made."""
    SAME = "same"
    """It is here, as the archive has it."""
    DIFFERS = "differs"
    """It is here, otherwise than in the archive; it stays as it is here."""
    REFUSED = "refused"
    """It cannot be brought in."""


class Kind(StrEnum):
    """The kinds of things of a course, in the order in which they are restored."""

    COURSE = "course"
    MODULES = "modules"
    ASSIGNMENTS = "assignments"
    ASSESSMENTS = "assessments"
    PEOPLE = "people"
    MEMBERS = "members"
    ENROLMENTS = "enrolments"
    STACKS = "stacks"
    PROJECTS = "projects"
    PROGRESS = "progress"
    ANSWERS = "answers"
    EVENTS = "access events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing, to look at."""

    label: str
    """What people call it."""
    reason: str = ""
    """Why it is refused, or in what it differs."""
    row: int | None = None
    """Its row in the archive's table, from 1 without the header."""


@dataclass(slots=True)
class Ledger:
    """Counts and lines.

    Invariants: filled by one thread; its memory does not grow with the archive.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By kind and outcome."""
    lines: dict[tuple[str, str], list[Line]] = field(default_factory=dict)
    file_count: int = 0
    """Files in the workspaces that are made."""
    size_bytes: int = 0

    def note(
        self,
        kind: Kind,
        outcome: Outcome,
        label: str,
        reason: str = "",
        row: int | None = None,
    ) -> None:
        """Count a thing, and keep its line while there is room."""
        key = (kind.value, outcome.value)
        self.counts[key] += 1
        kept = self.lines.setdefault(key, [])
        limit = SHOWN_REFUSALS if outcome is Outcome.REFUSED else SHOWN_LINES
        if len(kept) < limit:
            kept.append(Line(label=label, reason=reason, row=row))

    def count(self, outcome: Outcome, kind: Kind | None = None) -> int:
        """Return how many things had an outcome, of one kind or of all."""
        return sum(
            count
            for (of_kind, found), count in self.counts.items()
            if found == outcome and kind in (None, of_kind)
        )

    def iter_kinds(self) -> Iterator[Kind]:
        """Yield the kinds that the archive has anything of, in order."""
        for kind in Kind:
            if any(found == kind for found, _ in self.counts):
                yield kind

    def to_document(self) -> dict[str, object]:
        """Return everything as JSON keeps it."""
        return {
            "files": self.file_count,
            "bytes": self.size_bytes,
            "kinds": [
                {
                    "kind": kind,
                    "outcome": outcome,
                    "count": count,
                    "lines": [
                        asdict(line) for line in self.lines.get((kind, outcome), [])
                    ],
                }
                for (kind, outcome), count in self.counts.items()
            ],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return what ``to_document`` made a document of."""
        ledger = cls(
            file_count=document.get("files", 0), size_bytes=document.get("bytes", 0)
        )
        for entry in document.get("kinds", ()):
            key = (entry["kind"], entry["outcome"])
            ledger.counts[key] = entry["count"]
            ledger.lines[key] = [Line(**line) for line in entry["lines"]]
        return ledger
