"""What a course's assignments begin with: a ZIP of one ``.tar.zst`` for each."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bagkit.archive import PlainReading, ScanCount, write_tarball
from bagkit.errors import WorkspaceReadError
from bagkit.trees.names import make_portable
from bookbag.domain.teaching.models import PublishedSource
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    People,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.plain_products import (
    Bundle,
    close_bundle,
    open_bundle,
)
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.veiling import open_veil, plan_scan
from bookbag.exports.errors import ScopeError, SourceGoneError


def produce(context: ProductionContext) -> Product:
    """Write the files that were published last, of every assignment that has any.

    Raises:
        SourceGoneError: If nothing was published in the course.
    """
    course = context.scope.course
    if course is None:
        raise ScopeError("Found no course, expected one: course-sources")
    sources = PublishedSource.objects.filter(assignment__course=course).select_related(
        "assignment"
    )
    problems: list[tuple[str, str]] = []
    reading = PlainReading(scan=plan_scan(context, open_veil(context)))
    scanned = ScanCount(reading.scan)
    with open_bundle(context) as folder:
        for source in sources.order_by("assignment__folder"):
            name = f"{make_portable(source.assignment.folder.encode())}.tar.zst"
            try:
                result = write_tarball(
                    source.files_folder,
                    folder / name,
                    max_file_bytes=settings.BOOKBAG_MAX_FILE_BYTES,
                    reading=reading,
                )
            except WorkspaceReadError as error:
                problems.append((name, error.reason))
                continue
            problems += [(f"{name}/{path}", why) for path, why in result.problems]
            scanned.add(result.scanned, name)
        if not any(folder.iterdir()):
            message = "Found no published sources, expected some: course-sources"
            raise SourceGoneError(message)
        day = context.snapshot_at.date()
        stem = format_file_stem(course.name, "course-sources", day)
        bundle = Bundle(name="sources", stem=stem, problems=problems, scanned=scanned)
        return close_bundle(context, folder, bundle)


DEFINITION = ExportDefinition(
    identifier="course-sources",
    scope_kind=ScopeKind.COURSE,
    get_title=lambda: str(_("Course Sources")),
    may_request=may_export_course,
    produce=produce,
    people=People.IN_FILES,
    sends_mail=False,
)
