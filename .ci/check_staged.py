"""Refuses files that must not be committed: large ones, private keys, merge marks."""

import re
import sys
from pathlib import Path

LARGEST_BYTES = 500_000
"""A picture of a page is a fifth of it."""
GENERATED = {"requirements.lock"}
MERGE_MARK = re.compile(rb"^(<{7} |>{7} |={7}$)", re.MULTILINE)
PRIVATE_KEY = re.compile(b"-----BEGIN [A-Z ]*" + b"PRIVATE KEY-----")


def find_faults(path: Path) -> list[str]:
    """Return what speaks against committing a file."""
    content = path.read_bytes()
    faults = []
    if len(content) > LARGEST_BYTES and path.name not in GENERATED:
        faults.append(
            f"Found {len(content)} bytes, expected at most {LARGEST_BYTES}: '{path}'"
        )
    if MERGE_MARK.search(content):
        faults.append(f"Found a merge mark, expected none: '{path}'")
    if PRIVATE_KEY.search(content):
        faults.append(f"Found a private key, expected none: '{path}'")
    return faults


def main(names: list[str]) -> int:
    """Print the faults of all files; answer with the exit status."""
    paths = [Path(name) for name in names]
    faults = [f for path in paths if path.is_file() for f in find_faults(path)]
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
