"""Every secret planted, with settings that hold some, too."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.integration.canaries.planting import Garden, plant
from tests.integration.exports.conftest import storage, woken

__all__ = ["storage", "woken"]


@pytest.fixture
def garden(db: None, settings: Settings, tmp_path: Path) -> Garden:
    settings.EMAIL_HOST_PASSWORD = "canary-mail-8d1f6a52b7"  # noqa: S105 - a canary
    settings.BOOKBAG_METRICS_TOKEN = "canary-metrics-0c9be1d4"  # noqa: S105 - a canary
    settings.BOOKBAG_STORAGE_ACCESS_KEY = "canary-access-5f0e7a13"
    settings.BOOKBAG_STORAGE_SECRET_KEY = "canary-storage-77aa10fe"  # noqa: S105 - a canary
    settings.BOOKBAG_RECEIPT_KEY = tmp_path / "receipt-key.pem"
    return plant(tmp_path)
