"""Loading role-play sessions: all of a file or nothing, as often as wanted."""

from collections.abc import Sequence

from django.db import transaction

from bookbag.domain.people.membership import NewMember, add_members
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.people.services import find_user
from bookbag.domain.roleplay.models import (
    Difficulty,
    Program,
    RoleplaySession,
    Scenario,
    ScenarioAssignment,
)
from bookbag.imports.changes import KindChange, sync_rows
from bookbag.imports.session_files import SessionRow


@transaction.atomic
def load_sessions(
    workspace: Workspace, rows: Sequence[SessionRow]
) -> tuple[KindChange, ...]:
    """Load sessions; people, scenarios and programs that are new are made.

    Returns:
        What changed, by kind of thing.
    """
    loader = _Loader(workspace)
    synced = sync_rows(
        RoleplaySession,
        kind="sessions",
        existing={
            session.external_id: session
            for session in RoleplaySession.objects.filter(workspace=workspace)
        },
        wanted={row.session_id: loader.find_values(row) for row in rows},
        make=lambda key: RoleplaySession(workspace=workspace, external_id=key),
    )
    return (
        KindChange(kind="people", created=loader.people_made),
        KindChange(kind="scenarios", created=loader.scenarios_made),
        KindChange(kind="programs", created=loader.programs_made),
        synced.change,
    )


class _Loader:
    """Finds or makes what sessions refer to, each once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._people: dict[str, User] = {}
        self._scenarios = {s.name: s for s in workspace.scenarios.all()}
        self._programs = {p.name: p for p in workspace.programs.all()}
        self._assignments: dict[tuple[int, int, int], ScenarioAssignment] = {}
        self._parts: set[tuple[int, int, int]] = set()
        self.people_made = self.scenarios_made = self.programs_made = 0

    def find_values(self, row: SessionRow) -> dict[str, object]:
        participant = self._find_person(row.email, row.first_name, row.last_name)
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

    def _find_person(self, email: str, first_name: str, last_name: str) -> User:
        person = self._people.get(email.lower())
        if person is None:
            added = add_members(
                self._workspace,
                [NewMember(email=email, first_name=first_name, last_name=last_name)],
            )
            self.people_made += added.added_count
            found = find_user(email)
            if found is None:
                message = f"Found no person whom adding them made: {email!r}"
                raise LookupError(message)
            person = self._people[email.lower()] = found
        return person

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
        first, _, last = row.assigner_name.partition(" ")
        assigner = self._find_person(row.assigned_by, first, last)
        key = (scenario.pk, participant.pk, assigner.pk)
        if key not in self._assignments:
            self._assignments[key], _ = ScenarioAssignment.objects.get_or_create(
                scenario=scenario,
                participant=participant,
                assigner=assigner,
                defaults={"assigned_at": row.started_at},
            )
        return self._assignments[key]
