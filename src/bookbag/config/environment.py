"""Reading the environment: every setting, its default, and what is wrong with it."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

QUEUE_SCHEMES = ("sqlite", "redis", "rediss", "postgresql", "postgres")
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgres")
MAIL_SCHEMES = ("files", "smtp", "smtps")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingFault:
    """One setting that cannot be used as it is."""

    name: str
    """The environment variable."""
    problem: str
    """What was found and what was expected."""
    remedy: str
    """What to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One environment variable that Bookbag reads."""

    name: str
    """The environment variable."""
    default: str
    """The value when it is not set; ``{var}`` stands for the var folder."""
    description: str
    """One sentence for people who configure Bookbag."""
    check: Callable[[str], str | None]
    """Answers what is wrong with a value, or None."""
    is_secret: bool = False
    """Whether the value must never be printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """All settings as read, with the faults among them."""

    values: Mapping[str, str]
    """A usable value for each setting, the default where a value is at fault."""
    faults: tuple[SettingFault, ...]
    """What is wrong, in the order of the settings."""

    def text(self, name: str) -> str:
        """Return a setting as text."""
        return self.values[name]

    def number(self, name: str) -> int:
        """Return a setting as a whole number."""
        return int(self.values[name])

    def path(self, name: str) -> Path:
        """Return a setting as an absolute path."""
        return Path(self.values[name]).expanduser().resolve()

    def words(self, name: str) -> list[str]:
        """Return a comma-separated setting as a list."""
        return [word.strip() for word in self.values[name].split(",") if word.strip()]


def parse_ranks(text: str) -> list[tuple[str, float]]:
    """Return a scale of ranks, the best first: names with the least score of each.

    Raises:
        ValueError: If it is no list of ``name=score`` in falling order down to 0.
    """
    ranks = []
    for part in text.split(","):
        name, _, least = part.partition("=")
        ranks.append((name.strip(), float(least)))
    scores = [least for _, least in ranks]
    is_falling = all(a > b for a, b in itertools.pairwise(scores))
    if not is_falling or scores[-1] != 0 or not all(name for name, _ in ranks):
        message = f"Found {text!r}, expected names with falling scores down to 0"
        raise ValueError(message)
    return ranks


def _rank_scale(value: str) -> str | None:
    try:
        parse_ranks(value)
    except ValueError:
        return f"Found {value!r}, expected something like A=90,B=75,C=50,D=0"
    return None


def _names(value: str) -> str | None:
    if all(word.strip() for word in value.split(",")):
        return None
    return f"Found {value!r}, expected names with commas between them"


def parse_networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Return networks from a list with commas between them.

    Raises:
        ValueError: If one of them is none.
    """
    words = [word.strip() for word in text.split(",")]
    return [ip_network(word) for word in words if word]


def _networks(value: str) -> str | None:
    try:
        parse_networks(value)
    except ValueError as error:
        return f"Found {value!r}, expected networks: {error}"
    return None


def _any_text(_value: str) -> str | None:
    return None


def _one_of(*choices: str) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        if value in choices:
            return None
        return f"Found {value!r}, expected one of {', '.join(choices)}"

    return check


def _whole_number(least: int, most: int) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return None
        return f"Found {value!r}, expected a whole number from {least} to {most}"

    return check


def _url(*schemes: str) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        try:
            parts = urlsplit(value)
        except ValueError:
            return "Found an address that cannot be read, expected scheme://host/…"
        if parts.scheme in schemes:
            return None
        expected = ", ".join(f"{scheme}:" for scheme in schemes)
        return f"Found an address with scheme {parts.scheme!r}, expected {expected}"

    return check


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_MODE",
        default="local",
        description="local for one machine and one person, production for a site.",
        check=_one_of("local", "production"),
    ),
    Setting(
        name="BOOKBAG_VAR",
        default="var",
        description="The folder for everything that Bookbag itself keeps on disk.",
        check=_any_text,
    ),
    Setting(
        name="BOOKBAG_SECRET_KEY",
        default="",
        description="The key that signs sessions; made once into the var folder in "
        "local mode, required in production.",
        check=_any_text,
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_BASE_URL",
        default="http://127.0.0.1:8000",
        description="The address people reach Bookbag at; links in mails start with "
        "it.",
        check=_url("http", "https"),
    ),
    Setting(
        name="DATABASE_URL",
        default="sqlite:///{var}/bookbag.sqlite3",
        description="The database: sqlite:///path or postgresql://user@host/name.",
        check=_url(*DATABASE_SCHEMES),
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_QUEUE_URL",
        default="sqlite:///{var}/queue.sqlite3",
        description="What wakes the workers: sqlite:///path, redis:// or "
        "postgresql://.",
        check=_url(*QUEUE_SCHEMES),
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_STORAGE_URL",
        default="file://{var}/exports",
        description="Where finished exports are kept: file:///folder.",
        check=_url("file"),
    ),
    Setting(
        name="BOOKBAG_WORKSPACES",
        default="{var}/workspaces",
        description="The folder that copied and imported student files are kept in.",
        check=_any_text,
    ),
    Setting(
        name="BOOKBAG_RECEIPT_KEY",
        default="{var}/receipt-key.pem",
        description="The file with the Ed25519 key that signs receipts; made on first "
        "use, and the same on every machine of a site.",
        check=_any_text,
    ),
    Setting(
        name="BOOKBAG_TERMS",
        default="course",
        description="What pages, mails and CSV headers say: course or class.",
        check=_one_of("course", "class"),
    ),
    Setting(
        name="BOOKBAG_SEAT_TYPES",
        default="Full,Basic,Exec Staff",
        description="Seat types that members can have, comma-separated; the first is "
        "what new members get.",
        check=_names,
    ),
    Setting(
        name="BOOKBAG_RANKS",
        default="A=90,B=75,C=50,D=0",
        description="The scale that gives a session its rank: each name with the "
        "least score for it.",
        check=_rank_scale,
    ),
    Setting(
        name="BOOKBAG_ACCESS_DAYS",
        default="183",
        description="Days that access events are kept and exported, 6 months at most.",
        check=_whole_number(1, 183),
    ),
    Setting(
        name="BOOKBAG_TRUSTED_PROXIES",
        default="",
        description="Networks of the proxies in front of Bookbag, comma-separated, "
        "like 10.0.0.0/8; only they can say where a request came from.",
        check=_networks,
    ),
    Setting(
        name="BOOKBAG_LINK_DAYS",
        default="7",
        description="Days that a finished export and its link stay active.",
        check=_whole_number(1, 365),
    ),
    Setting(
        name="BOOKBAG_UNDO_DAYS",
        default="30",
        description="Days that a deleted course can be brought back; then its rows and "
        "copied files are removed.",
        check=_whole_number(1, 365),
    ),
    Setting(
        name="BOOKBAG_LEASE_SECONDS",
        default="30",
        description="Seconds without a sign of life after which another worker takes "
        "an export over.",
        check=_whole_number(2, 3600),
    ),
    Setting(
        name="BOOKBAG_MAX_ATTEMPTS",
        default="5",
        description="How often an export is tried before it has failed.",
        check=_whole_number(1, 100),
    ),
    Setting(
        name="BOOKBAG_MAX_FILE_BYTES",
        default=str(64 << 30),
        description="A larger file is left out of an export, with a problem; also a "
        "sparse one that only says that it is.",
        check=_whole_number(1, 1 << 50),
    ),
    Setting(
        name="BOOKBAG_MAX_FILES",
        default="0",
        description="An export of more files is refused before it begins; 0 is no "
        "limit.",
        check=_whole_number(0, 1 << 40),
    ),
    Setting(
        name="BOOKBAG_MAX_BYTES",
        default="0",
        description="An export of more content is refused before it begins; 0 is no "
        "limit.",
        check=_whole_number(0, 1 << 50),
    ),
    Setting(
        name="BOOKBAG_WORKERS",
        default="2",
        description="Exports that one worker process works on at a time.",
        check=_whole_number(1, 64),
    ),
    Setting(
        name="BOOKBAG_MAIL_URL",
        default="files:",
        description="How mail leaves: files: keeps it in the var folder, "
        "smtp://user:password@host:587 (STARTTLS on 587) or smtps://….",
        check=_url(*MAIL_SCHEMES),
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_MAIL_FROM",
        default="Bookbag <bookbag@localhost>",
        description="The sender of Bookbag's mails.",
        check=_any_text,
    ),
    Setting(
        name="BOOKBAG_ALLOWED_HOSTS",
        default="",
        description="More host names to answer to, comma-separated; that of the base "
        "URL always counts.",
        check=_any_text,
    ),
    Setting(
        name="BOOKBAG_LOG_LEVEL",
        default="INFO",
        description="How much the log says: DEBUG, INFO, WARNING or ERROR.",
        check=_one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
)


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Read every setting and collect every fault.

    Args:
        variables: Usually ``os.environ``.
    """
    faults: list[SettingFault] = []
    found = {s.name: variables.get(s.name, "").strip() for s in SETTINGS}
    var = Path(found["BOOKBAG_VAR"] or "var").expanduser().resolve()
    values: dict[str, str] = {}
    for setting in SETTINGS:
        default = setting.default.format(var=var)
        value = found[setting.name] or default
        problem = setting.check(value)
        if problem is not None:
            remedy = f"Set {setting.name} to a valid value or leave it unset."
            faults.append(
                SettingFault(name=setting.name, problem=problem, remedy=remedy)
            )
            value = default
        values[setting.name] = value
    faults.extend(_production_faults(values))
    return Environment(values=values, faults=tuple(faults))


def _production_faults(values: Mapping[str, str]) -> list[SettingFault]:
    if values["BOOKBAG_MODE"] != "production":
        return []
    faults = []
    if len(values["BOOKBAG_SECRET_KEY"]) < 50:
        faults.append(
            SettingFault(
                name="BOOKBAG_SECRET_KEY",
                problem="Found no key of at least 50 characters, expected one in "
                "production",
                remedy="Set it to the output of `openssl rand -base64 60`, the same "
                "on every machine.",
            )
        )
    if not values["BOOKBAG_BASE_URL"].startswith("https://"):
        faults.append(
            SettingFault(
                name="BOOKBAG_BASE_URL",
                problem="Found an address without https, expected https in production",
                remedy="Set it to the https address that people use.",
            )
        )
    return faults
