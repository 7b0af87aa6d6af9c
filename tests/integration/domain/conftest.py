"""What tests of the domain share."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.lti.addresses import get_lti_course
from tests import factories

TOOL_URL = "http://testserver"


@pytest.fixture
def launchable(
    db: None,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Course]:
    """A course with one assignment that is open to launches."""
    settings.BOOKBAG_BASE_URL = TOOL_URL
    settings.BOOKBAG_WORKSPACES = tmp_path_factory.mktemp("work")
    cache.clear()
    course = factories.make_course()
    factories.make_assignment(course, "Lab One")
    lti_course = get_lti_course(course)
    lti_course.is_enabled = True
    lti_course.save()
    yield course
    cache.clear()
