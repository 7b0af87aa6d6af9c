"""Archives of course work: of a course, of one assignment, or of one student.

Source: ``docs/formats/archive.md``.
"""

from collections.abc import Callable, Iterator

from bagkit.archive import ExpectedWorkspace
from bookbag.domain.courses.models import (
    Assignment,
    AssignmentKind,
    Enrolment,
    EnrolmentRole,
    Module,
    Project,
)
from bookbag.exports.catalogue.bags import BagContent, produce_bag
from bookbag.exports.catalogue.course_tables import list_projects_of, list_tables
from bookbag.exports.catalogue.definition import (
    READ_ALL,
    READ_CHANGED,
    READING,
    ExportDefinition,
    People,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.options import choose_from
from bookbag.exports.catalogue.results_reading import RULE_REMOVED, CourseWork
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.errors import ScopeError
from bookbag.exports.rows import Snapshot
from bookbag.formats.course_file import (
    DescribedAssignment,
    DescribedCourse,
    DescribedModule,
    DescribedProject,
    DescribedStack,
)
from bookbag.trees.locating import locate_files


def define_course_archive(
    identifier: str, scope_kind: ScopeKind, get_title: Callable[[], str]
) -> ExportDefinition:
    """Return the definition of an archive of work of a course.

    Args:
        identifier: Which export it is; the archive's name says so.
        scope_kind: Whether it is about a course, an assignment or a student.
        get_title: Its title in the words that the setting chooses.
    """

    def produce(context: ProductionContext) -> Product:
        scope = context.scope
        if scope.course is None:
            message = f"Found no course, expected one: {identifier!r}"
            raise ScopeError(message)
        work = CourseWork(
            course=scope.course, assignment=scope.assignment, student=scope.subject
        )
        return _produce(context, work, identifier, get_title())

    return ExportDefinition(
        identifier=identifier,
        scope_kind=scope_kind,
        get_title=get_title,
        may_request=may_export_course,
        produce=produce,
        people=People.IN_FILES,
        options={READING: choose_from(READ_CHANGED, READ_ALL)},
    )


def _produce(
    context: ProductionContext, work: CourseWork, identifier: str, title: str
) -> Product:
    day = context.snapshot_at.date()
    return produce_bag(
        context,
        lambda snapshot: BagContent(
            name=format_file_stem(work.name_file(snapshot.cover), identifier, day),
            title=f"{_name_scope(work, snapshot)}: {title}",
            described=describe_course(work).to_document(),
            workspaces=tuple(iter_expected_workspaces(work)),
            tables=tuple(list_tables(work, snapshot, context.snapshot_at)),
        ),
    )


def _name_scope(work: CourseWork, snapshot: Snapshot) -> str:
    words = [str(work.course)]
    if work.assignment is not None:
        words.append(str(work.assignment))
    if work.student is not None:
        cover, student = snapshot.cover, work.student
        words.append(str(student) if cover is None else cover.name_person(student.pk))
    return " / ".join(words)


def describe_course(work: CourseWork) -> DescribedCourse:
    """Return what ``course.json`` says of a course; never a secret.

    Of projects, and so of people, it names only those that the archive is about.
    """
    course = work.course
    modules = Module.objects.filter(course=course).prefetch_related("assignments")
    projects = tuple(_iter_projects(work))
    return DescribedCourse(
        workspace=course.workspace.name,
        name=course.name,
        title=course.title,
        description=course.description,
        created_at=course.created_at,
        modules=tuple(_describe_module(module) for module in modules),
        stacks=tuple(sorted({p.stack for p in projects if p.stack is not None})),
        projects=projects,
    )


def _describe_module(module: Module) -> DescribedModule:
    return DescribedModule(
        name=module.name,
        assignments=tuple(
            DescribedAssignment(
                name=assignment.name,
                folder=assignment.folder,
                kind=AssignmentKind(assignment.kind),
                book_name=assignment.book_name,
            )
            for assignment in module.assignments.all()
        ),
    )


def _iter_projects(work: CourseWork) -> Iterator[DescribedProject]:
    found = list_projects_of(work).values_list(
        "assignment__folder", "owner__username", "stack__name", "stack__version"
    )
    for folder, username, name, version in found:
        yield DescribedProject(
            assignment=folder,
            username=username,
            stack=None if name is None else DescribedStack(name, version),
        )


def iter_expected_workspaces(work: CourseWork) -> Iterator[ExpectedWorkspace]:
    """Yield every student x assignment: the roster says what is expected.

    Students who were removed from the course are expected too and excluded by a
    rule, so that the receipt names them.
    """
    students = Enrolment.objects.filter(course=work.course, role=EnrolmentRole.STUDENT)
    if work.student is not None:
        students = students.filter(user=work.student)
    roster = list(students.select_related("user").order_by("user__username"))
    assignments = Assignment.objects.filter(course=work.course)
    if work.assignment is not None:
        assignments = assignments.filter(pk=work.assignment.pk)
    for assignment in assignments.select_related("module"):
        folders = dict(
            Project.objects.filter(assignment=assignment).values_list(
                "owner", "files_folder"
            )
        )
        for enrolment in roster:
            folder = folders.get(enrolment.user_id)
            yield ExpectedWorkspace(
                assignment=assignment.folder,
                username=enrolment.user.username,
                root=None if folder is None else locate_files(folder),
                excluded_by=None if enrolment.removed_at is None else RULE_REMOVED,
            )
