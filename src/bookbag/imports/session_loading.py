"""Loading role-play sessions: all of a file or nothing, as often as wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from bookbag.domain.people.models import User, Workspace
from bookbag.domain.people.upserting import WantedMember, in_parts, upsert_members
from bookbag.domain.roleplay.models import (
    Difficulty,
    Program,
    RoleplaySession,
    Scenario,
    ScenarioAssignment,
)
from bookbag.imports.changes import KindChange, RowSync, sync_rows
from bookbag.imports.session_files import SessionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedSessions:
    """What loading sessions did."""

    changes: tuple[KindChange, ...]
    """By kind of thing."""
    sync: RowSync[RoleplaySession, str]
    """Of the sessions themselves, by what the other system calls them."""


@transaction.atomic
def load_sessions(
    workspace: Workspace, rows: Sequence[SessionRow]
) -> tuple[KindChange, ...]:
    """Load sessions; people, scenarios and programs that are new are made.

    Returns:
        What changed, by kind of thing.
    """
    return sync_sessions(workspace, rows).changes


@transaction.atomic
def sync_sessions(workspace: Workspace, rows: Sequence[SessionRow]) -> SyncedSessions:
    """Load sessions as ``load_sessions``, and tell what became of each."""
    loader = _Loader(workspace, rows)
    known = RoleplaySession.objects.filter(workspace=workspace)
    synced = sync_rows(
        RoleplaySession,
        kind="sessions",
        existing={
            session.external_id: session
            for part in in_parts([row.session_id for row in rows])
            for session in known.filter(external_id__in=part)
        },
        wanted={row.session_id: loader.find_values(row) for row in rows},
        make=lambda key: RoleplaySession(workspace=workspace, external_id=key),
    )
    changes = (
        KindChange(kind="people", created=loader.people_made),
        KindChange(kind="scenarios", created=loader.scenarios_made),
        KindChange(kind="programs", created=loader.programs_made),
        synced.change,
    )
    return SyncedSessions(changes=changes, sync=synced)


class _Loader:
    """Finds or makes what sessions refer to, each once."""

    def __init__(self, workspace: Workspace, rows: Sequence[SessionRow]) -> None:
        self._workspace = workspace
        self._people, self.people_made = _find_people(workspace, rows)
        self._scenarios = {s.name: s for s in workspace.scenarios.all()}
        self._programs = {p.name: p for p in workspace.programs.all()}
        self._assignments: dict[tuple[int, int, int], ScenarioAssignment] = {}
        self._parts: set[tuple[int, int, int]] = set()
        self.scenarios_made = self.programs_made = 0

    def find_values(self, row: SessionRow) -> dict[str, object]:
        participant = self._people[row.email.lower()]
        scenario = self._find_scenario(row)
        program = self._find_program(row, scenario, participant)
        assignment = self._find_assignment(row, scenario, participant)
        return {
            "participant_id": participant.pk,
            "scenario_id": scenario.pk,
            "program_id": None if program is None else program.pk,
            "assignment_id": None if assignment is None else assignment.pk,
            "score": row.score,
            "rank": row.rank,
            "is_valid_attempt": row.is_valid_attempt,
            "started_at": row.started_at,
            "ended_at": row.ended_at,
            "is_demo": row.is_demo,
            "is_archived": row.is_archived,
            "feedback": row.feedback,
        }

    def _find_scenario(self, row: SessionRow) -> Scenario:
        scenario = self._scenarios.get(row.scenario)
        if scenario is None:
            scenario = Scenario.objects.create(
                workspace=self._workspace,
                name=row.scenario,
                difficulty=row.difficulty or Difficulty.MEDIUM,
            )
            self._scenarios[row.scenario] = scenario
            self.scenarios_made += 1
        elif row.difficulty and scenario.difficulty != row.difficulty:
            scenario.difficulty = row.difficulty
            scenario.save(update_fields=["difficulty"])
        return scenario

    def _find_program(
        self, row: SessionRow, scenario: Scenario, participant: User
    ) -> Program | None:
        if not row.program:
            return None
        program = self._programs.get(row.program)
        if program is None:
            program = Program.objects.create(
                workspace=self._workspace, name=row.program
            )
            self._programs[row.program] = program
            self.programs_made += 1
        part = (program.pk, scenario.pk, participant.pk)
        if part not in self._parts:
            self._parts.add(part)
            program.scenarios.add(scenario)
            program.participants.add(participant)
        return program

    def _find_assignment(
        self, row: SessionRow, scenario: Scenario, participant: User
    ) -> ScenarioAssignment | None:
        if not row.assigned_by:
            return None
        assigner = self._people[row.assigned_by.lower()]
        key = (scenario.pk, participant.pk, assigner.pk)
        if key not in self._assignments:
            self._assignments[key], _ = ScenarioAssignment.objects.get_or_create(
                scenario=scenario,
                participant=participant,
                assigner=assigner,
                defaults={"assigned_at": row.started_at},
            )
        return self._assignments[key]


def _find_people(
    workspace: Workspace, rows: Sequence[SessionRow]
) -> tuple[dict[str, User], int]:
    """Return the people of sessions by address, and how many became members."""
    wanted: dict[str, WantedMember] = {}
    for row in rows:
        participant = WantedMember(
            email=row.email, first_name=row.first_name, last_name=row.last_name
        )
        wanted.setdefault(row.email.lower(), participant)
    for row in rows:
        first, _, last = row.assigner_name.partition(" ")
        assigner = WantedMember(email=row.assigned_by, first_name=first, last_name=last)
        if row.assigned_by:
            wanted.setdefault(row.assigned_by.lower(), assigner)
    outcomes = upsert_members(workspace, list(wanted.values()), is_changing=False)
    people = {
        key: outcome.member.user
        for key, outcome in zip(wanted, outcomes, strict=True)
        if outcome.member is not None
    }
    return people, sum(outcome.is_new for outcome in outcomes)
