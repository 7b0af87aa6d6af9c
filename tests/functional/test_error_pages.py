"""When something breaks, people get a page that says so, and the log the reason."""

import logging

import pytest
from django.test import Client
from django.urls import reverse

from bookbag.web.views import courses
from tests import factories


@pytest.mark.django_db
def test_a_broken_page_says_that_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_arguments: object) -> None:
        message = "out of order"
        raise RuntimeError(message)

    monkeypatch.setattr(courses, "list_courses", break_down)
    client = Client(raise_request_exception=False)
    client.force_login(
        factories.make_user(), "django.contrib.auth.backends.ModelBackend"
    )

    with caplog.at_level(logging.ERROR):
        answer = client.get(reverse("courses"))

    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Nothing of yours is lost" in page
    assert "out of order" not in page
    assert "out of order" in caplog.text
    assert "/static/web/app.css" in page
