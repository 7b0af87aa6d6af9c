"""The links of one workspace: which of them lead to something in the archive.

A link is stored only when what it leads to is in the archive too, under the name that
the link says. An unpacked bag then has no link that leads nowhere, and a program that
reads files through links finds the digest of what it reads in the manifest.
"""

from dataclasses import dataclass

MAX_HOPS = 40
"""As many links as Linux itself follows before it says that they loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLink:
    """A link that was read and is not yet packed."""

    path: tuple[bytes, ...]
    """Its path in the workspace."""
    member: str
    """Its path in the archive."""
    target: bytes
    modified_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a link leads to."""

    sha256: str
    """Digest of the file; empty for a folder."""
    size_bytes: int


_FOLDER = Reached(sha256="", size_bytes=0)


class LinkTable:
    """What is in one workspace, by its path in the archive.

    Invariants: memory grows with the files of one workspace and not of an archive.
    """

    def __init__(self, prefix: str) -> None:
        self.waiting: list[WaitingLink] = []
        """Links in the order in which they were found."""
        self._prefix = prefix
        self._reached: dict[str, Reached] = {}
        self._links: dict[str, str] = {}

    def add_folder(self, path: str) -> None:
        """Note a folder by its archive path, with a slash at the end."""
        self._reached[path[:-1]] = _FOLDER

    def add_file(self, member: str, sha256: str, size_bytes: int) -> None:
        """Note a file that was packed."""
        self._reached[member] = Reached(sha256=sha256, size_bytes=size_bytes)

    def add_link(self, link: WaitingLink) -> None:
        """Note a link that leads to somewhere in the workspace."""
        self.waiting.append(link)
        try:
            self._links[link.member] = link.target.decode()
        except UnicodeDecodeError:
            return  # no archive path is spelled so; it leads nowhere there

    def resolve(self, link: WaitingLink) -> Reached | None:
        """Return what a link leads to in the archive, or None for nowhere."""
        place: str | None = link.member
        for _hop in range(MAX_HOPS):
            if place is None or place in self._reached:
                return None if place is None else self._reached[place]
            place = self._follow_first_link(place)
        return None

    def _follow_first_link(self, place: str) -> str | None:
        names = place[len(self._prefix) :].split("/")
        for count in range(1, len(names) + 1):
            here = self._prefix + "/".join(names[:count])
            target = self._links.get(here)
            if target is not None:
                walked = [*names[: count - 1], *target.split("/"), *names[count:]]
                return self._normalise(walked)
        return None

    def _normalise(self, names: list[str]) -> str | None:
        kept: list[str] = []
        for name in names:
            if name == "..":
                if not kept:
                    return None
                kept.pop()
            elif name not in ("", "."):
                kept.append(name)
        # The workspace's own folder is kept without its slash.
        return (self._prefix + "/".join(kept)).rstrip("/")
