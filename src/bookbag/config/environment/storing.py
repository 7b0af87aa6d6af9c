"""Settings of where finished exports are kept, and who sends them to browsers."""

from bookbag.config.environment.checks import accel_prefix, any_text, url, whole_number
from bookbag.config.environment.model import Setting

STORING: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_STORAGE_URL",
        default="file://{var}/exports",
        description="Where finished exports are kept: `file:///folder`, or "
        "`s3://bucket/prefix?endpoint=https://host&region=name`, with "
        "`&browser_endpoint=https://host` when browsers reach the store by another "
        "address.",
        check=url("file", "s3"),
    ),
    Setting(
        name="BOOKBAG_STORAGE_ACCESS_KEY",
        default="",
        description="The access key of an S3-compatible store; without it, what the "
        "machine itself has (a role, or the variables of AWS).",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_STORAGE_SECRET_KEY",
        default="",
        description="The secret that belongs to the access key.",
        check=any_text,
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_STREAM_BYTES",
        default="268435456",
        description="About how many bytes of packed workspaces lie on the worker's "
        "disk while an archive is sent to an S3-compatible store. A workspace that is "
        "larger takes what it needs.",
        check=whole_number(1 << 20, 1 << 44),
    ),
    Setting(
        name="BOOKBAG_SHARD_WORKSPACES",
        default="1000",
        description="An archive on an S3-compatible store that has more than twice as "
        "many workspaces is packed by all workers that are free, so many workspaces "
        "at a time; 0 for never. A worker's disk holds what it packs at a time.",
        check=whole_number(0, 1_000_000),
    ),
    Setting(
        name="BOOKBAG_SIGNED_LINK_SECONDS",
        default="300",
        description="Seconds that a browser has to begin a download from an "
        "S3-compatible store, after its right was checked.",
        check=whole_number(10, 7 * 86_400),
    ),
    Setting(
        name="BOOKBAG_ACCEL_PREFIX",
        default="",
        description="The internal location of nginx that leads to the folder of "
        "finished exports, such as `/finished-exports/`; without nginx in front, files "
        "would be empty.",
        check=accel_prefix,
    ),
)
