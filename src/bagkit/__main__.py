"""The engine alone: ``python -m bagkit`` packs, verifies, lists and unpacks."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bagkit.archive import (
    BagPlan,
    EarlierWork,
    ExpectedWorkspace,
    split_plan,
    unpack_archive,
    verify_archive,
    write_bag,
)
from bagkit.archive.reader import open_archive
from bagkit.errors import BagkitError
from bagkit.receipt import read_public_key
from bagkit.trees.names import make_portable

WRONG = 1
REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Returns:
        0 when it is done and all is well, 1 when an archive is not whole, 2 when
        something was refused.
    """
    parsed = _make_parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = parsed.run
    try:
        return run(parsed)
    except (BagkitError, OSError) as error:
        print(f"bagkit: {error}", file=sys.stderr)  # noqa: T201 - a command
        return REFUSED


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bagkit", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    pack = commands.add_parser("pack", help="write DIR/<assignment>/<student> to FILE")
    pack.add_argument("folder", type=Path, metavar="DIR")
    pack.add_argument("target", type=Path, metavar="FILE")
    pack.add_argument(
        "--part-size", type=int, default=0, metavar="BYTES", help="split into parts"
    )
    pack.add_argument(
        "--keep-index",
        action="store_true",
        help="leave FILE.index, with which a later call can reuse FILE",
    )
    pack.add_argument(
        "--reuse",
        type=Path,
        metavar="EARLIER",
        help="copy what did not change from an earlier archive that has its index",
    )
    pack.add_argument(
        "--verify-all",
        action="store_true",
        help="read every file again, whatever could be reused",
    )
    pack.set_defaults(run=_pack)
    verify = commands.add_parser("verify", help="check an archive or unpacked bag")
    verify.add_argument("source", type=Path, metavar="FILE")
    verify.add_argument(
        "--key", type=Path, metavar="KEY", help="public key that must have signed it"
    )
    verify.set_defaults(run=_verify)
    listing = commands.add_parser("list", help="print kind, size and name of members")
    listing.add_argument("source", type=Path, metavar="FILE")
    listing.set_defaults(run=_list)
    unpack = commands.add_parser("unpack", help="unpack FILE to a new folder DIR")
    unpack.add_argument("source", type=Path, metavar="FILE")
    unpack.add_argument("target", type=Path, metavar="DIR")
    unpack.set_defaults(run=_unpack)
    return parser


def _pack(parsed: argparse.Namespace) -> int:
    folder: Path = parsed.folder
    workspaces = [
        ExpectedWorkspace(
            assignment=assignment.name, username=student.name, root=student
        )
        for assignment in sorted(folder.iterdir())
        if assignment.is_dir()
        for student in sorted(assignment.iterdir())
    ]
    plan = BagPlan(
        name=make_portable(folder.resolve().name.encode()),
        title=folder.resolve().name,
        snapshot_at=datetime.fromtimestamp(folder.stat().st_mtime, UTC),
        course={"name": folder.resolve().name},
        workspaces=workspaces,
        tables=(),
        generator="bagkit",
        identifier=folder.resolve().name,
    )
    plans = split_plan(plan, parsed.part_size) if parsed.part_size else [plan]
    earlier = EarlierWork(
        reuse=None if parsed.verify_all else parsed.reuse,
        keeps_index=parsed.keep_index,
    )
    for part in plans:
        _write_part(part, parsed.target, earlier)
    return 0


def _write_part(plan: BagPlan, target: Path, earlier: EarlierWork) -> None:
    if plan.group is not None:
        target = target.with_stem(f"{target.stem}-{plan.group.number}")
    result = write_bag(plan, target, earlier=earlier)
    _say(
        f"{target.name}: {result.file_count} files ({result.reused_count} copied "
        f"from before) of {result.receipt.expected} workspaces, "
        f"{result.problem_count} problems, {result.size_bytes} bytes, "
        f"SHA-256 {result.sha256}"
    )


def _verify(parsed: argparse.Namespace) -> int:
    key = read_public_key(parsed.key.read_bytes()) if parsed.key else None
    report = verify_archive(parsed.source, public_key=key)
    for finding in report.findings:
        _say(f"{finding.code}: {finding.message}")
    _say(report.summary)
    return 0 if report.is_ok else WRONG


def _list(parsed: argparse.Namespace) -> int:
    with open_archive(parsed.source) as reader:
        for member in reader.iter_members():
            _say(f"{member.kind:6} {member.size_bytes:12} {member.shown_name}")
    return 0


def _unpack(parsed: argparse.Namespace) -> int:
    summary = unpack_archive(parsed.source, parsed.target)
    _say(
        f"{summary.file_count} files, {summary.link_count} links, "
        f"{summary.folder_count} folders, {summary.size_bytes} bytes"
    )
    return 0


def _say(line: str) -> None:
    print(line)  # noqa: T201 - a command's result


if __name__ == "__main__":
    sys.exit(main())
