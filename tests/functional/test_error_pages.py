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


@pytest.mark.django_db
def test_the_log_names_a_refused_page_and_never_its_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(
        factories.make_user(), "django.contrib.auth.backends.ModelBackend"
    )

    client.get("/links/a-token-that-opens-something/")

    (record,) = [r for r in caplog.records if r.name == "django.request"]
    assert record.getMessage() == "Not Found: link"
    assert "a-token" not in repr(vars(record))
