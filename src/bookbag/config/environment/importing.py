"""Settings of what comes in: uploads and imported projects."""

from bookbag.config.environment.checks import any_text, whole_number
from bookbag.config.environment.model import Setting

IMPORTING: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_UPLOADS",
        default="{var}/uploads",
        description="Where uploads lie until they are imported. With several hosts: a "
        "folder that all of them share.",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_UPLOAD_MAX_BYTES",
        default=str(2 << 30),
        description="A larger file is refused before it is uploaded.",
        check=whole_number(1, 1 << 50),
    ),
    Setting(
        name="BOOKBAG_UPLOAD_HOURS",
        default="24",
        description="Hours after which an upload that nobody goes on with is removed.",
        check=whole_number(1, 24 * 90),
    ),
    Setting(
        name="BOOKBAG_MAX_OWN_BYTES",
        default=str(10 << 30),
        description="What the imported projects and uploads of one person may take; 0 "
        "is no limit.",
        check=whole_number(0, 1 << 60),
    ),
    Setting(
        name="BOOKBAG_MAX_OWN_BYTES_PER_WORKSPACE",
        default="0",
        description="What the imported projects and uploads of one workspace may take; "
        "0 is no limit.",
        check=whole_number(0, 1 << 60),
    ),
    Setting(
        name="BOOKBAG_IMPORT_MAX_FILES",
        default="300000",
        description="An archive with more files and folders is refused.",
        check=whole_number(1, 1 << 30),
    ),
    Setting(
        name="BOOKBAG_IMPORT_MAX_BYTES",
        default=str(50 << 30),
        description="An archive of more content is refused.",
        check=whole_number(1, 1 << 60),
    ),
)
