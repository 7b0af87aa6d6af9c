"""What a local run makes for itself in the var folder, readable by its owner only."""

import os
import secrets
from pathlib import Path

OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600


def make_private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can enter, and return it.

    Raises:
        OSError: If the folder cannot be made.
    """
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    return folder


def load_or_make_secret_key(folder: Path) -> str:
    """Return the secret key of a local run; make it on the first.

    Two processes that start together agree: the first to create the file wins, and
    a key is complete before its name is visible.
    """
    path = make_private_folder(folder) / "secret-key"
    if not path.exists():
        staged = folder / f"secret-key.{os.getpid()}.{secrets.token_hex(4)}"
        staged.touch(mode=OWNER_ONLY_FILE)
        staged.write_text(secrets.token_urlsafe(60), encoding="ascii")
        try:
            os.link(staged, path)
        except FileExistsError:
            pass
        finally:
            staged.unlink()
    return path.read_text(encoding="ascii")
