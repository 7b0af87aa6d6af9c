"""Sites for trials, each made once for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.functional.faults.trials import Trial, running_trial


@pytest.fixture(scope="module")
def course_trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A trial on SQLite."""
    with running_trial(tmp_path_factory.mktemp("trial")) as running:
        yield running


@pytest.fixture
def trial(course_trial: Trial) -> Iterator[Trial]:
    """The trial; a test that fails leaves nothing behind for the next one."""
    site = course_trial.site
    settings = dict(site.settings)
    yield course_trial
    site.kill()
    site.settings = settings
