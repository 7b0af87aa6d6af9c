"""What stands in an export in place of the people in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet

from bagkit.archive import ExpectedWorkspace
from bagkit.identities import IdentityDictionary
from bagkit.tables import TableSchema
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.errors import PseudonymCollisionError
from bookbag.exports.pseudonyms.keys import make_code, narrow_key, open_key
from bookbag.exports.pseudonyms.people import list_people, make_dictionary
from bookbag.exports.pseudonyms.tables import cover_batches, plan_columns
from bookbag.exports.rows import Snapshot, compile_rows

PERSON = "person"


class Veil:
    """Pseudonyms of one purpose for one export.

    Args:
        workspace: Whose purpose it is.
        course: The export is of this course alone.
        purpose: Its name.
        alone: The only person whom texts are searched for. Then people have other
            pseudonyms than in exports that cover everybody.

    Invariants: the same person has the same pseudonym wherever they occur, and in
    every export of the purpose; memory grows with the people and with tables that
    are in the order of names, because that order would give the names away.
    """

    def __init__(
        self,
        workspace: Workspace,
        course: Course | None,
        purpose: str,
        *,
        alone: User | None = None,
    ) -> None:
        self.purpose = purpose
        key = open_key(workspace, purpose)
        self._key = key if alone is None else narrow_key(key, alone.pk)
        self._by_key: dict[int, str] = {}
        people = list_people(workspace, course, alone=alone)
        for person in people:
            self.name_person(person[0])
        if len(set(self._by_key.values())) < len(self._by_key):
            raise PseudonymCollisionError
        self._by_username = {name.casefold(): key for key, name, *_ in people}
        self.dictionary: IdentityDictionary = make_dictionary(
            workspace, people, self._by_key
        )

    def name_person(self, key: int) -> str:
        """Return the pseudonym of the person of a key."""
        if key not in self._by_key:
            self._by_key[key] = make_code(self._key, PERSON, str(key))
        return self._by_key[key]

    def name_username(self, username: str) -> str:
        """Return the pseudonym of the person of a user name, whoever it is."""
        key = self._by_username.get(username.casefold())
        if key is not None:
            return self.name_person(key)
        return make_code(self._key, PERSON, f"name:{username.casefold()}")

    def name_thing(self, what: str, identifier: str) -> str:
        """Return what stands for a thing that leads to people."""
        return make_code(self._key, what, identifier)

    def cover_text(self, text: str) -> str:
        """Return a text with pseudonyms for all that it calls people."""
        return self.dictionary.replace(text)[0]

    def read_rows(
        self, snapshot: Snapshot, schema: TableSchema, rows: QuerySet[Any], fields: str
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table with pseudonyms in it."""
        plan = plan_columns(schema, rows, fields)
        queries = compile_rows(rows, plan.fields)
        return cover_batches(snapshot.read(plan.schema, queries), plan, self)

    def cover_course(self, described: Mapping[str, object]) -> dict[str, object]:
        """Return ``course.json`` with pseudonyms, in an order that tells nothing."""
        covered = dict(described)
        projects = covered.get("projects")
        if isinstance(projects, list | tuple):
            named = [
                {**project, "username": self.name_username(project["username"])}
                for project in projects
            ]
            covered["projects"] = sorted(named, key=_place_of(named))
        for name in ("title", "description"):
            text = covered.get(name)
            if isinstance(text, str):
                covered[name] = self.cover_text(text)
        return covered

    def cover_workspaces(
        self, workspaces: Iterable[ExpectedWorkspace]
    ) -> tuple[ExpectedWorkspace, ...]:
        """Return workspaces in folders of pseudonyms."""
        named = [
            replace(w, username=self.name_username(w.username)) for w in workspaces
        ]
        first: dict[str, int] = {}
        for workspace in named:
            first.setdefault(workspace.assignment, len(first))
        return tuple(sorted(named, key=lambda w: (first[w.assignment], w.username)))


def _place_of(projects: list[dict[str, Any]]) -> Any:
    first: dict[str, int] = {}
    for project in projects:
        first.setdefault(project["assignment"], len(first))
    return lambda project: (first[project["assignment"]], project["username"])
