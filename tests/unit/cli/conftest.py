from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def receipt_key(settings: Settings, tmp_path: Path) -> None:
    """A key of this test's own, outside of the folder that it saves to."""
    settings.BOOKBAG_RECEIPT_KEY = tmp_path / "keys" / "receipt-key.pem"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "downloads"
    made.mkdir()
    return made
