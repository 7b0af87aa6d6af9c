"""Settings of a site: where it is, and what it stands on."""

from bookbag.config.environment.checks import (
    any_text,
    folder_or_store,
    networks,
    one_of,
    url,
)
from bookbag.config.environment.model import Setting

QUEUE_SCHEMES = ("sqlite", "redis", "rediss", "postgresql", "postgres")
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgres")
MAIL_SCHEMES = ("files", "smtp", "smtps")

SITE: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_MODE",
        default="local",
        description="local for one machine and one person, production for a site.",
        check=one_of("local", "production"),
    ),
    Setting(
        name="BOOKBAG_VAR",
        default="var",
        description="The folder for everything that Bookbag itself keeps on disk.",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_SECRET_KEY",
        default="",
        description="The key that signs sessions; made once into the var folder in "
        "local mode, required in production.",
        check=any_text,
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_BASE_URL",
        default="http://127.0.0.1:8000",
        description="The address people reach Bookbag at; links in mails start with "
        "it.",
        check=url("http", "https"),
    ),
    Setting(
        name="BOOKBAG_ALLOWED_HOSTS",
        default="",
        description="More host names to answer to, comma-separated; that of the base "
        "URL always counts.",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_TRUSTED_PROXIES",
        default="",
        description="Networks of the proxies in front of Bookbag, comma-separated, "
        "like 10.0.0.0/8; only they can say where a request came from.",
        check=networks,
    ),
    Setting(
        name="DATABASE_URL",
        default="sqlite:///{var}/bookbag.sqlite3",
        description="The database: sqlite:///path or postgresql://user@host/name.",
        check=url(*DATABASE_SCHEMES),
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_QUEUE_URL",
        default="sqlite:///{var}/queue.sqlite3",
        description="What wakes the workers: sqlite:///path, redis:// or "
        "postgresql://.",
        check=url(*QUEUE_SCHEMES),
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_WORKSPACES",
        default="{var}/workspaces",
        description="The folder that copied and imported student files are kept in; "
        "or `s3://bucket/prefix?endpoint=https://host&region=name`, a store that "
        "students' files are read from, and then the folder is `{{var}}/workspaces`.",
        check=folder_or_store,
    ),
    Setting(
        name="BOOKBAG_WORKSPACES_ACCESS_KEY",
        default="",
        description="The access key that reads students' files from a store; without "
        "it, what the machine itself has. It needs to list and to read, nothing more.",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_WORKSPACES_SECRET_KEY",
        default="",
        description="The secret that belongs to that access key.",
        check=any_text,
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_MAIL_URL",
        default="files:",
        description="How mail leaves: files: keeps it in the var folder, "
        "smtp://user:password@host:587 (STARTTLS on 587) or smtps://….",
        check=url(*MAIL_SCHEMES),
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_MAIL_FROM",
        default="Bookbag <bookbag@localhost>",
        description="The sender of Bookbag's mails.",
        check=any_text,
    ),
)
