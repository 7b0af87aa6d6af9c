"""Settings of exports: their life, their limits, and who works on them."""

from bookbag.config.environment.checks import any_text, whole_number
from bookbag.config.environment.model import Setting

EXPORTING: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_RECEIPT_KEY",
        default="{var}/receipt-key.pem",
        description="The file with the Ed25519 key that signs receipts; made on first "
        "use, and the same on every machine of a site.",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_LINK_DAYS",
        default="7",
        description="Days that a finished export and its link stay active.",
        check=whole_number(1, 365),
    ),
    Setting(
        name="BOOKBAG_LEASE_SECONDS",
        default="30",
        description="Seconds without a sign of life after which another worker takes "
        "an export over.",
        check=whole_number(2, 3600),
    ),
    Setting(
        name="BOOKBAG_MAX_ATTEMPTS",
        default="5",
        description="How often an export is tried before it has failed.",
        check=whole_number(1, 100),
    ),
    Setting(
        name="BOOKBAG_WORKERS",
        default="2",
        description="Exports that one worker process works on at a time.",
        check=whole_number(1, 64),
    ),
    Setting(
        name="BOOKBAG_MAX_FILE_BYTES",
        default=str(64 << 30),
        description="A larger file is left out of an export, with a problem; also a "
        "sparse one that only says that it is.",
        check=whole_number(1, 1 << 50),
    ),
    Setting(
        name="BOOKBAG_MAX_FILES",
        default="0",
        description="An export of more files is refused before it begins; 0 is no "
        "limit.",
        check=whole_number(0, 1 << 40),
    ),
    Setting(
        name="BOOKBAG_MAX_BYTES",
        default="0",
        description="An export of more content is refused before it begins; 0 is no "
        "limit.",
        check=whole_number(0, 1 << 50),
    ),
    Setting(
        name="BOOKBAG_MAX_RUNNING",
        default="0",
        description="Archives that all workers together compile at a time; 0 is no "
        "limit but that of the workers. Tables never wait for archives.",
        check=whole_number(0, 10_000),
    ),
    Setting(
        name="BOOKBAG_MAX_RUNNING_PER_WORKSPACE",
        default="0",
        description="Archives of one workspace that are compiled at a time; 0 is no "
        "limit.",
        check=whole_number(0, 10_000),
    ),
    Setting(
        name="BOOKBAG_MAX_KEPT_BYTES",
        default="0",
        description="Bytes of finished exports that are kept in all; a further one is "
        "refused until some have expired. 0 is no limit.",
        check=whole_number(0, 1 << 60),
    ),
    Setting(
        name="BOOKBAG_MAX_KEPT_BYTES_PER_WORKSPACE",
        default="0",
        description="The same for each workspace.",
        check=whole_number(0, 1 << 60),
    ),
    Setting(
        name="BOOKBAG_FREE_BYTES_FLOOR",
        default=str(512 << 20),
        description="Bytes that stay free on the disk of the var folder: an export "
        "that would need them is refused, and one that runs stops.",
        check=whole_number(0, 1 << 50),
    ),
)
