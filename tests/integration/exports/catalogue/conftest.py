"""What tests of the catalogue share."""

import pytest

from bookbag.domain.courses.models import Course
from tests import factories


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
