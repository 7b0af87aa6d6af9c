"""My data: everything of one person in a workspace, and nothing of anybody else."""

from collections.abc import Iterator

from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from bagkit.archive import ExpectedWorkspace, TableSource
from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.activity.selectors import oldest_kept
from bookbag.domain.courses.models import Answer, Enrolment, Progress, Project
from bookbag.domain.people.models import Member, User, Workspace
from bookbag.domain.policies import is_active_member
from bookbag.domain.roleplay.models import RoleplaySession
from bookbag.domain.teaching.models import TimeExtension
from bookbag.exports.catalogue.bags import BagContent, produce_bag
from bookbag.exports.catalogue.definition import (
    READ_ALL,
    READ_CHANGED,
    READING,
    ExportDefinition,
    ExportScope,
    People,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.options import choose_from
from bookbag.exports.catalogue.veiling import cover_text, cover_username
from bookbag.exports.errors import SourceGoneError
from bookbag.exports.rows import Cover, Snapshot, table_source
from bookbag.trees.locating import locate_files

_TEXT: ColumnKind = "string"

PROFILE = TableSchema(
    name="profile",
    title="Profile",
    description="The person, as a member of the workspace.",
    columns=(
        Column("username", _TEXT, "User name.", nullable=False),
        Column("email", _TEXT, "E-mail address."),
        Column("first_name", _TEXT, "First name."),
        Column("last_name", _TEXT, "Last name."),
        Column("role", _TEXT, "Role in the workspace.", nullable=False),
        Column("seat_type", _TEXT, "The kind of seat.", nullable=False),
        Column("status", _TEXT, "Active or Deactivated.", nullable=False),
        Column("joined_at", "datetime", "When the person became a member."),
        Column("last_login", "datetime", "When the person last signed in."),
    ),
)
ENROLMENTS = TableSchema(
    name="enrolments",
    title="Enrolments",
    description="Every course that the person is or was in.",
    columns=(
        Column("course_name", _TEXT, "The course.", nullable=False),
        Column("role", _TEXT, "Teacher or Student.", nullable=False),
        Column("enrolled_at", "datetime", "When the person was enrolled."),
        Column("removed_at", "datetime", "When the person was removed, if so."),
    ),
)
PROJECTS = TableSchema(
    name="projects",
    title="Projects",
    description="Every project of the person.",
    columns=(
        Column("course_name", _TEXT, "The course; none for one's own."),
        Column("assignment_name", _TEXT, "The assignment; none for one's own."),
        Column("project_path", _TEXT, "How the platform names it.", nullable=False),
        Column("stack_name", _TEXT, "The stack's name, where one is known."),
        Column("stack_version", _TEXT, "The stack's version, where one is known."),
        Column("created_at", "datetime", "When the project was made."),
        Column("project_name", _TEXT, "Its name, when it is one's own."),
        Column("description", _TEXT, "What the person wrote of it."),
        Column("visibility", _TEXT, "Who may look into it: private or workspace."),
    ),
)
PROGRESS = TableSchema(
    name="progress",
    title="Progress",
    description="The person's state in each assignment, as far as it is known.",
    columns=(
        Column("course_name", _TEXT, "The course.", nullable=False),
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("started_at", "datetime", "When the person started."),
        Column("completed_dates", _TEXT, "Every time of handing in, a JSON list."),
        Column("seconds_spent", "integer", "Time spent.", unit="seconds"),
        Column("final_grade", "number", "The grade that counts."),
        Column("comments", _TEXT, "Comments on the work."),
    ),
)
TIME_EXTENSIONS = TableSchema(
    name="time_extensions",
    title="Time extensions",
    description="More time that the person was given.",
    columns=(
        Column("course_name", _TEXT, "The course.", nullable=False),
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column(
            "deadline_minutes", "integer", "After the day it is due.", unit="minutes"
        ),
        Column("limit_minutes", "integer", "In a timed exam.", unit="minutes"),
    ),
)
ANSWERS = TableSchema(
    name="answers",
    title="Answers",
    description="What the person answered in each assessment.",
    columns=(
        Column("course_name", _TEXT, "The course.", nullable=False),
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("assessment", _TEXT, "The assessment.", nullable=False),
        Column("answer", _TEXT, "What was answered."),
        Column("is_correct", "boolean", "Whether it is right, if that is known."),
        Column("points", "number", "Points for it."),
        Column("attempts", "integer", "How often it was tried."),
    ),
)
ACCESS = TableSchema(
    name="user_access",
    title="User access",
    description="When and from where the person signed in and opened projects.",
    columns=(
        Column("occurred_at", "datetime", "When it happened.", nullable=False),
        Column("access_type", _TEXT, "What it was.", nullable=False),
        Column("course_name", _TEXT, "The course, for projects."),
        Column("assignment_name", _TEXT, "The assignment, for projects."),
        Column("project_path", _TEXT, "The project."),
        Column("ip_address", _TEXT, "Where the person signed in from."),
    ),
)
SESSIONS = TableSchema(
    name="sessions",
    title="Sessions",
    description="Every role-play session of the person.",
    columns=(
        Column("scenario", _TEXT, "The scenario.", nullable=False),
        Column("score", "number", "The score, from 0 to 100; none if not graded."),
        Column("valid_attempt", "boolean", "Whether it counts toward progress."),
        Column("program", _TEXT, "The program that it was assigned through."),
        Column("started_at", "datetime", "When it started.", nullable=False),
        Column("ended_at", "datetime", "When it ended."),
        Column("feedback", _TEXT, "What was said of it."),
    ),
)
IN_ORDER = ("assignment__course__name", "assignment__position", "assignment__pk")


def may_export_own(person: User, scope: ExportScope) -> bool:
    """Answer yes for the person alone, as long as they may use the workspace."""
    return scope.subject == person and is_active_member(person, scope.workspace)


def produce(context: ProductionContext) -> Product:
    """Write everything of the person that the export is about."""
    person, workspace = context.scope.subject, context.scope.workspace
    if person is None:
        raise SourceGoneError("Found no person, expected one: my-data")
    day = context.snapshot_at.date()

    def read(snapshot: Snapshot) -> BagContent:
        cover = snapshot.cover
        named = cover_username(cover, person)
        called = person.full_name if cover is None else named
        return BagContent(
            name=format_file_stem(named, "my-data", day),
            title=f"{called}: {DEFINITION.get_title()}",
            described={"workspace": workspace.name, "username": named},
            workspaces=tuple(iter_own_work(person, workspace, cover)),
            tables=tuple(list_own_tables(person, workspace, snapshot, context)),
        )

    return produce_bag(context, read)


def iter_own_work(
    person: User, workspace: Workspace, cover: Cover | None = None
) -> Iterator[ExpectedWorkspace]:
    """Yield the person's projects: of courses by assignment, their own by name."""
    taken: set[str] = set()
    for project in _find_projects(person, workspace):
        place = cover_text(cover, project.folder_name)
        if project.course is not None:
            place = f"{project.course.name} {project.folder_name}"
        if place in taken:  # own projects may have one name
            place = f"{place} ({project.pk if cover is None else len(taken)})"
        taken.add(place)
        yield ExpectedWorkspace(
            assignment=place,
            username=person.username,
            root=locate_files(project.files_folder),
        )


def _find_projects(person: User, workspace: Workspace) -> QuerySet[Project]:
    found = Project.objects.filter(
        Q(assignment__course__workspace=workspace) | Q(workspace=workspace),
        owner=person,
    )
    in_order = (F(name).asc(nulls_last=True) for name in IN_ORDER)
    return found.select_related("assignment__course").order_by(*in_order, "name", "pk")


def list_own_tables(
    person: User, workspace: Workspace, snapshot: Snapshot, context: ProductionContext
) -> Iterator[TableSource]:
    """Yield the tables of what is known of a person; other people are in none."""
    yield table_source(
        snapshot,
        PROFILE,
        Member.objects.filter(workspace=workspace, user=person).order_by("pk"),
        "user__username user__email user__first_name user__last_name role seat_type "
        "status joined_at user__last_login",
    )
    yield table_source(
        snapshot,
        ENROLMENTS,
        Enrolment.objects.filter(user=person, course__workspace=workspace).order_by(
            "course__name", "role"
        ),
        "course__name role enrolled_at removed_at",
    )
    yield from _list_own_results(person, workspace, snapshot)
    yield table_source(
        snapshot,
        ACCESS,
        AccessEvent.objects.filter(
            user=person, occurred_at__gte=oldest_kept(context.snapshot_at)
        ).order_by("occurred_at"),
        "occurred_at access_type course__name assignment__name project_path ip_address",
    )
    yield table_source(
        snapshot,
        SESSIONS,
        RoleplaySession.objects.filter(
            participant=person, workspace=workspace
        ).order_by("started_at"),
        "scenario__name score is_valid_attempt program__name started_at ended_at "
        "feedback",
    )


def _list_own_results(
    person: User, workspace: Workspace, snapshot: Snapshot
) -> Iterator[TableSource]:
    of_workspace = {"assignment__course__workspace": workspace}
    yield table_source(
        snapshot,
        PROJECTS,
        _find_projects(person, workspace),
        "assignment__course__name assignment__name path stack__name stack__version "
        "created_at name description visibility",
    )
    progress = Progress.objects.filter(student=person, **of_workspace)
    yield table_source(
        snapshot,
        PROGRESS,
        progress.annotate(dates=Cast("completed_dates", CharField())).order_by(
            *IN_ORDER
        ),
        "assignment__course__name assignment__name started_at dates seconds_spent "
        "final_grade comments",
    )
    extensions = TimeExtension.objects.filter(student=person, **of_workspace)
    yield table_source(
        snapshot,
        TIME_EXTENSIONS,
        extensions.order_by(*IN_ORDER),
        "assignment__course__name assignment__name deadline_minutes limit_minutes",
    )
    yield table_source(
        snapshot,
        ANSWERS,
        Answer.objects.filter(progress__in=progress).order_by(
            *(f"progress__{name}" for name in IN_ORDER), "assessment__position"
        ),
        "progress__assignment__course__name progress__assignment__name "
        "assessment__name answer is_correct points attempts",
    )


DEFINITION = ExportDefinition(
    identifier="my-data",
    scope_kind=ScopeKind.USER,
    get_title=lambda: str(_("Own Data")),
    may_request=may_export_own,
    produce=produce,
    people=People.IN_FILES,
    options={READING: choose_from(READ_CHANGED, READ_ALL)},
)
