"""What tests of the catalogue share."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bagkit.archive import EarlierWork
from bookbag.domain.courses.models import Course
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    ExportScope,
    Product,
    ProductionContext,
)
from tests import factories

ProduceFile = Callable[..., tuple[Product, Path]]


@pytest.fixture(
    params=[
        pytest.param("in a transaction", marks=pytest.mark.django_db),
        pytest.param("committed", marks=pytest.mark.django_db(transaction=True)),
    ]
)
def both_readers() -> None:
    """Run a test twice: read by a plain cursor, and by the Arrow driver.

    Inside of a transaction only a plain cursor sees what the test wrote.
    """


@pytest.fixture
def course(both_readers: None) -> Course:
    return factories.make_course()


@pytest.fixture
def produce_file(tmp_path: Path) -> ProduceFile:
    """Produces an export into a folder of its own, and returns it with its file."""

    def run(
        identifier: str, scope: ExportScope, **options: str
    ) -> tuple[Product, Path]:
        staged = tmp_path / "produced" / identifier
        staged.parent.mkdir(exist_ok=True)
        product = get_definition(identifier).produce(
            ProductionContext(
                export_id="e1",
                scope=scope,
                options=options,
                snapshot_at=datetime(2026, 11, 22, 13, 5, tzinfo=UTC),
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        assert [path.name for path in staged.parent.iterdir()] == [identifier]
        return product, staged

    return run
