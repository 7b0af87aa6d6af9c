"""What a setting is, and all of them as they were read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


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

    values: Mapping[str, str] = field(repr=False)
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

    def store(self, name: str) -> str:
        """Return a setting that is an address, and nothing when it is a folder."""
        return self.values[name] if "://" in self.values[name] else ""

    def words(self, name: str) -> list[str]:
        """Return a comma-separated setting as a list."""
        return [word.strip() for word in self.values[name].split(",") if word.strip()]
