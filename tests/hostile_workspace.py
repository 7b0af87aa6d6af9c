"""A student's folder with everything in it that has broken an export somewhere.

Source: lessons M1 to M7, table 3b.
"""

import contextlib
import os
import socket
import stat
from dataclasses import dataclass, field
from pathlib import Path

CANARY = b"CANARY: this lies outside of the workspace"
IS_ROOT = os.geteuid() == 0


@dataclass(slots=True)
class HostileWorkspace:
    """The folder, and what an archive of it has to hold and to report."""

    root: Path
    files: dict[bytes, bytes] = field(default_factory=dict)
    """Content by path, links to files included."""
    links: dict[bytes, bytes] = field(default_factory=dict)
    """Target by path, of the links that are stored."""
    problems: dict[bytes, str] = field(default_factory=dict)
    """Reason by path."""

    def add(
        self, name: bytes, content: bytes = b"content\n", mode: int = 0o644
    ) -> Path:
        """Write a file and return its path."""
        path = self._place(name)
        path.write_bytes(content)
        path.chmod(mode)
        self.files[name] = content
        return path

    def link(self, name: bytes, target: bytes) -> None:
        """Make a symbolic link."""
        self._place(name).symlink_to(os.fsdecode(target))

    def _place(self, name: bytes) -> Path:
        path = self.root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def build_hostile_workspace(home: Path) -> HostileWorkspace:
    """Build it below a folder, beside a file that must never leak."""
    (home / "secret.txt").write_bytes(CANARY)
    work = HostileWorkspace(home / "work")
    work.root.mkdir()
    _add_plain(work)
    _add_names(work)
    _add_links(work)
    _add_special(work)
    _add_times(work)
    _add_unreadable(work)
    return work


def _add_plain(work: HostileWorkspace) -> None:
    work.add(b"main.py", b"print('hello')\n" * 50)
    work.add(b"empty.txt", b"")
    work.add(b".hidden/.deep", b"dot\n")
    work.add(b"run.sh", b"#!/bin/sh\n", mode=0o755)
    work.add(b"read-only.txt", mode=0o444)
    work.add(b"set-user", mode=0o4755)
    work.add(b"random.bin", os.urandom(70_000))
    work.add(b"large.bin", bytes(range(256)) * 20_000)  # above what is read whole
    (work.root / "no files" / "in here").mkdir(parents=True)
    os.link(work.root / "main.py", work.root / "hard link.py")
    work.files[b"hard link.py"] = work.files[b"main.py"]


def _add_names(work: HostileWorkspace) -> None:
    for name in (
        b"bad\xff\xfe.txt",
        b"new\nline.txt",
        b"carriage\rreturn",
        b"..\\..\\evil.txt",
        b"C:colon.txt",
        b"trailing dot.",
        b"trailing blank ",
        b"CON",
        b"aux.txt",
        b"Readme",
        b"README",
        b"readme",
        "Café".encode(),
        "Cafe\u0301".encode(),
        "ﬁle.txt".encode(),
        b"%41.txt",
        b"'apostrophe.csv",
        b"=1+1.csv",
        "\u202egnp.exe".encode(),
        "emoji 🎒.md".encode(),
        b"x" * 255,
        "ü".encode() * 127,
        b"-rf",
        b"~",
        b"a" * 200 + b"/" + b"b" * 200 + b"/" + b"c" * 100,
    ):
        work.add(name, b"named " + name)


def _add_links(work: HostileWorkspace) -> None:
    for name, target in {
        b"link to file": b"main.py",
        b"chain": b"link to file",
        b"sub/up": b"../main.py",
        b"link to folder": b".hidden",
    }.items():
        work.link(name, target)
        work.links[name] = target
    for name in (b"link to file", b"chain", b"sub/up"):
        work.files[name] = work.files[b"main.py"]
    for name, target, reason in (
        (b"outside", b"../secret.txt", "link-leaves-workspace"),
        (b"absolute", os.fsencode(work.root.parent / "secret.txt"), ""),
        (b"environment", b"/proc/self/environ", "link-leaves-workspace"),
        (b"to outside folder", b"..", "link-leaves-workspace"),
        (b"dangling", b"nowhere", "link-target-missing"),
        (b"loop a", b"loop b", "link-target-missing"),
        (b"loop b", b"loop a", "link-target-missing"),
        (b"itself", b"itself", "link-target-missing"),
        (b"back and out", b"sub/../../secret.txt", "link-leaves-workspace"),
        (b"to a renamed one", b"CON", "link-target-missing"),
    ):
        work.link(name, target)
        work.problems[name] = reason or "link-leaves-workspace"


def _add_special(work: HostileWorkspace) -> None:
    os.mkfifo(work.root / "pipe")
    work.problems[b"pipe"] = "fifo"
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(work.root):
        server.bind("socket")  # a socket's path has room for 107 bytes
    work.problems[b"socket"] = "socket"
    with contextlib.suppress(PermissionError):
        os.mknod(work.root / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        work.problems[b"device"] = "device"


def _add_times(work: HostileWorkspace) -> None:
    for name, seconds in (
        (b"1970.txt", 0),
        (b"1965.txt", -157_766_400),
        (b"1979.txt", 315_532_799),
        (b"2038.txt", 2_147_483_648),
        (b"2107.txt", 4_354_819_198),
    ):
        os.utime(work.add(name), (seconds, seconds))
    for name, seconds in ((b"2108.txt", 4_354_819_200), (b"2200.txt", 7_258_118_400)):
        os.utime(work.add(name), (seconds, seconds))
        work.problems[name] = "time-clamped"


def _add_unreadable(work: HostileWorkspace) -> None:
    work.add(b"closed.txt", mode=0o000)
    folder = work.root / "closed"
    work.add(b"closed/inside.txt")
    folder.chmod(0o000)
    if IS_ROOT:
        return  # who may read everything finds nothing closed
    del work.files[b"closed.txt"], work.files[b"closed/inside.txt"]
    work.problems[b"closed.txt"] = "unreadable"
    work.problems[b"closed"] = "unreadable"
