"""One project as a ``.tar.zst``, its files at the top, for programs."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bagkit.archive import PlainReading, write_tarball
from bagkit.errors import WorkspaceReadError
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    People,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.plain_products import describe_product
from bookbag.exports.catalogue.rights import find_project, may_export_project
from bookbag.exports.catalogue.veiling import (
    cover_text,
    cover_username,
    open_veil,
    plan_scan,
)
from bookbag.exports.errors import SourceGoneError
from bookbag.trees.locating import make_tree_opener

TARBALL = "application/zstd"


def produce(context: ProductionContext) -> Product:
    """Write all of the project's files.

    Raises:
        SourceGoneError: If the project is gone.
    """
    project = find_project(context.scope)
    if project is None:
        raise SourceGoneError("Found no project, expected one: project-tar")
    veil = open_veil(context)
    try:
        result = write_tarball(
            project.files_folder,
            context.staged,
            max_file_bytes=settings.BOOKBAG_MAX_FILE_BYTES,
            reading=PlainReading(
                opener=make_tree_opener(), scan=plan_scan(context, veil)
            ),
        )
    except WorkspaceReadError as error:
        message = f"{error}, expected the project's folder: project-tar"
        raise SourceGoneError(message) from error
    owner = cover_username(veil, project.owner)
    named = f"{owner}_{cover_text(veil, project.folder_name)}"
    stem = format_file_stem(named, "project", context.snapshot_at.date())
    return describe_product(
        context,
        result,
        name="project",
        file_name=f"{stem}.tar.zst",
        media_type=TARBALL,
    )


DEFINITION = ExportDefinition(
    identifier="project-tar",
    scope_kind=ScopeKind.PROJECT,
    get_title=lambda: str(_("Project as tar.zst")),
    may_request=may_export_project,
    produce=produce,
    people=People.IN_FILES,
    sends_mail=False,
)
