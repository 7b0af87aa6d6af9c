"""Fuzz one target for a while: ``python -m tests.fuzzing TARGET SECONDS [FOLDER]``.

What the fuzzer found is kept in the folder, when one is given, and used again.
"""

import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import atheris
import django

LARGEST_BYTES = 64_000
BLOCK_BYTES = 64 << 10
HANG_SECONDS = 10
MEMORY_MIB = 2048
PARSERS = ("bagkit", "bookbag.formats", "bookbag.imports", "zipfile")


def main(name: str, seconds: str, folder: Path) -> None:
    """Fuzz a target; leaves with another status than 0 when something is found."""
    with atheris.instrument_imports(include=list(PARSERS)):
        prepare_django()
        row_reading = importlib.import_module("bagkit.tables.row_reading")
        target = importlib.import_module("tests.fuzzing.all_targets").TARGETS[name]
    # A buffer of 16 MiB for each try would be most of the time.
    vars(row_reading)["BLOCK_BYTES"] = BLOCK_BYTES
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.make_seeds():
        (corpus / sha256(seed).hexdigest()).write_bytes(seed)
    words = folder / "words"
    words.write_text("".join(f'"{escape(word)}"\n' for word in target.words))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LARGEST_BYTES}",
        f"-timeout={HANG_SECONDS}",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-dict={words}",
        f"-artifact_prefix={folder}/found-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.run)
    atheris.Fuzz()


def prepare_django() -> None:
    """Let modules with models be imported; no database is opened."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()


def escape(word: bytes) -> str:
    """Return a word as libFuzzer's dictionaries write it."""
    return "".join(f"\\x{byte:02x}" for byte in word)


def run(arguments: Sequence[str]) -> None:
    """Fuzz what the command line says, in a folder of this run or in a kept one."""
    name, seconds, *kept = arguments
    if kept:
        main(name, seconds, Path(kept[0]))
    else:
        with tempfile.TemporaryDirectory(prefix="fuzzing-") as folder:
            main(name, seconds, Path(folder))


if __name__ == "__main__":
    run(sys.argv[1:])
