"""What tests of the catalogue share."""

import pytest

from bookbag.domain.courses.models import Course
from tests import factories


@pytest.fixture(params=["in a transaction", "committed"])
def both_readers(request: pytest.FixtureRequest) -> None:
    """Run a test twice: read by a plain cursor, and by the Arrow driver.

    Inside of a transaction only a plain cursor sees what the test wrote.
    """
    name = "db" if request.param == "in a transaction" else "transactional_db"
    request.getfixturevalue(name)


@pytest.fixture
def course(both_readers: None) -> Course:
    return factories.make_course()
