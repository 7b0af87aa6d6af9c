"""Reading role-play: scenarios, programs and sessions."""

from django.conf import settings
from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from bookbag.domain.people.models import Workspace
from bookbag.domain.people.selectors import match_person
from bookbag.domain.roleplay.models import Program, RoleplaySession, Scenario


def exported_sessions(workspace: Workspace) -> QuerySet[RoleplaySession]:
    """Return the sessions that count: neither demo nor archived."""
    return RoleplaySession.objects.filter(
        workspace=workspace, is_demo=False, is_archived=False
    )


def with_attempts(sessions: QuerySet[RoleplaySession]) -> QuerySet[RoleplaySession]:
    """Number the attempts of each person at each scenario, from 1, by their start.

    Each session carries ``attempt_number`` and ``shown_rank``: the rank that came with
    it, or else what ``BOOKBAG_RANKS`` gives for its score.
    """
    steps = [
        When(score__gte=least, then=Value(name))
        for name, least in settings.BOOKBAG_RANKS
    ]
    return sessions.annotate(
        attempt_number=Window(
            RowNumber(),
            partition_by=[F("participant"), F("scenario")],
            order_by=[F("started_at").asc(), F("pk").asc()],
        ),
        shown_rank=Case(
            When(~Q(rank=""), then=F("rank")),
            *steps,
            default=Value(None),
            output_field=CharField(),
        ),
    )


def list_sessions(
    workspace: Workspace, *, search: str = "", scenario: str = "", program: str = ""
) -> QuerySet[RoleplaySession]:
    """Return the sessions that count, the newest first.

    Args:
        workspace: The tenant.
        search: Words, each of which is part of the participant's name or address.
        scenario: Key of a scenario, or nothing.
        program: Key of a program, or nothing.
    """
    sessions = exported_sessions(workspace)
    if scenario.isdecimal():
        sessions = sessions.filter(scenario=int(scenario))
    if program.isdecimal():
        sessions = sessions.filter(program=int(program))
    sessions = sessions.filter(match_person(search, "participant"))
    return sessions.select_related("participant", "scenario", "program").order_by(
        "-started_at", "-pk"
    )


def number_attempt(session: RoleplaySession) -> int:
    """Return which attempt of its participant at its scenario a session is."""
    before = exported_sessions(session.workspace).filter(
        Q(started_at__lt=session.started_at)
        | Q(started_at=session.started_at, pk__lt=session.pk),
        participant=session.participant_id,
        scenario=session.scenario_id,
    )
    return before.count() + 1


def rank_session(session: RoleplaySession) -> str:
    """Return a session's rank: its own, or what the scale gives for its score."""
    if session.rank or session.score is None:
        return session.rank
    ranks: list[tuple[str, float]] = settings.BOOKBAG_RANKS
    return next(name for name, least in ranks if session.score >= least)


def list_scenarios(workspace: Workspace, search: str = "") -> QuerySet[Scenario]:
    """Return scenarios by name, each with ``session_count``."""
    scenarios = Scenario.objects.filter(workspace=workspace, name__icontains=search)
    counts = Q(sessions__is_demo=False, sessions__is_archived=False)
    return scenarios.annotate(session_count=Count("sessions", filter=counts)).order_by(
        "name", "pk"
    )


def list_programs(workspace: Workspace, search: str = "") -> QuerySet[Program]:
    """Return programs by name, with ``scenario_count`` and ``participant_count``."""
    programs = Program.objects.filter(workspace=workspace, name__icontains=search)
    return programs.annotate(
        scenario_count=Count("scenarios", distinct=True),
        participant_count=Count("participants", distinct=True),
    ).order_by("name", "pk")
