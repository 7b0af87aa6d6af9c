"""Sites for trials, each made once for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.functional.faults.trials import Trial, running_trial


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A trial on SQLite."""
    with running_trial(tmp_path_factory.mktemp("trial")) as running:
        yield running
