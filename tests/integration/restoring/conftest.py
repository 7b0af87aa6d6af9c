from pathlib import Path

import pytest
from pytest_django import Settings

from bookbag.domain.people.models import Workspace
from tests import factories


@pytest.fixture(autouse=True)
def copies(settings: Settings, tmp_path: Path) -> Path:
    """Where copies of workspaces are kept."""
    settings.BOOKBAG_WORKSPACES = tmp_path / "copies"
    return tmp_path / "copies"


@pytest.fixture
def workspace(db: None) -> Workspace:
    return factories.make_workspace("School")
