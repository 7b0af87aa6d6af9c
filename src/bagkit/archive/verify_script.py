"""The script that every archive carries, as the bytes of ``verify.py``."""

from pathlib import Path

VERIFY_SCRIPT = (Path(__file__).parent / "carried" / "verify.py").read_bytes()
"""Standard library only, Python 3.8 or newer; it checks the bag beside it."""
