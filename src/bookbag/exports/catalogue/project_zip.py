"""One project, or a folder of it, as a plain ZIP that opens everywhere."""

import os

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bagkit.archive import PlainReading, write_plain
from bagkit.errors import WorkspaceReadError
from bagkit.trees.names import escape_path, make_portable, unescape_path
from bagkit.trees.reading import split_path
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    People,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.options import Option
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

FOLDER = "folder"
PATH_CHARACTERS = 4096


def clean_folder(value: str) -> str:
    """Return a folder's escaped path in one spelling.

    Raises:
        ValueError: If it is no path below the project.
    """
    path = split_path(unescape_path(value))
    if len(value) > PATH_CHARACTERS or b".." in path or b"." in path:
        raise ValueError(value)
    return escape_path(b"/".join(path))


def produce(context: ProductionContext) -> Product:
    """Write the project's files, or those of one folder.

    Raises:
        SourceGoneError: If the project or the folder is gone.
    """
    project = find_project(context.scope)
    if project is None:
        raise SourceGoneError("Found no project, expected one: project-zip")
    folder = split_path(unescape_path(context.options.get(FOLDER, "")))
    veil = open_veil(context)
    named = os.fsdecode(folder[-1]) if folder else project.folder_name
    top = make_portable(os.fsencode(cover_text(veil, named)))
    try:
        result = write_plain(
            project.files_folder,
            folder,
            context.staged,
            top=top,
            max_file_bytes=settings.BOOKBAG_MAX_FILE_BYTES,
            reading=PlainReading(
                opener=make_tree_opener(), scan=plan_scan(context, veil)
            ),
        )
    except WorkspaceReadError as error:
        message = f"{error}, expected a folder of the project: project-zip"
        raise SourceGoneError(message) from error
    owner = cover_username(veil, project.owner)
    stem = format_file_stem(f"{owner}_{top}", "project", context.snapshot_at.date())
    return describe_product(
        context,
        result,
        name="project",
        file_name=f"{stem}.zip",
        media_type="application/zip",
    )


DEFINITION = ExportDefinition(
    identifier="project-zip",
    scope_kind=ScopeKind.PROJECT,
    get_title=lambda: str(_("Project")),
    may_request=may_export_project,
    produce=produce,
    people=People.IN_FILES,
    sends_mail=False,
    options={
        FOLDER: Option(
            default="",
            expected="the path of a folder in the project",
            clean=clean_folder,
        )
    },
)
