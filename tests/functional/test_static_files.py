"""Static files are those of the programs; no address of them leads to what is kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.test import Client

PLACE = "static/web/app.css"
CANARY = "kept for nobody but its owner"
TRICKS = (
    "{path}",
    "static/{path}",
    "static//{path}",
    "static/../{up}",
    "static/web/../../{up}",
    "static/%2e%2e/{up}",
    "static/..%2f{up}",
    "static/..%5c{up}",
    "static/%2e%2e%2f%2e%2e%2f{up}",
    "static/web/..;/..;/{up}",
    "static/{path}%00.css",
    "static/web/app.css/../../../{up}",
    "static/file://{path}",
    "media/{up}",
    "var/{up}",
    "exports/{up}",
)


@pytest.fixture
def kept() -> Path:
    """A file below the var folder, where exports are kept."""
    folder = Path(settings.BOOKBAG_VAR) / "exports" / "published"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "canary.zip"
    path.write_text(CANARY, encoding="ascii")
    return path


@pytest.mark.django_db
@pytest.mark.parametrize("trick", TRICKS)
def test_no_forged_address_leads_to_a_kept_file(
    client: Client, kept: Path, trick: str
) -> None:
    var = Path(settings.BOOKBAG_VAR)
    asked = trick.format(path=kept, up=kept.relative_to(var))
    headers = {
        "X-Accel-Redirect": str(kept),
        "X-Sendfile": str(kept),
        "X-Sendfile-Type": "X-Accel-Redirect",
        "X-Original-URL": f"/{asked}",
        "X-Rewrite-URL": f"/{asked}",
    }

    for method in (client.get, client.head):
        answer = method(f"/{asked}", headers=headers)
        body = b"".join(cast("Iterable[bytes]", answer))
        answer.close()
        assert answer.status_code in (301, 302, 400, 404), answer.status_code
        assert CANARY.encode() not in body


@pytest.mark.django_db
def test_what_is_static_is_served(client: Client) -> None:
    answer = client.get(f"/{PLACE}")

    assert answer.status_code == 200
    assert b"--bb-ink" in b"".join(cast("Iterable[bytes]", answer))
    answer.close()


def test_nothing_that_is_kept_is_among_the_static_files(kept: Path) -> None:
    var = Path(settings.BOOKBAG_VAR).resolve()
    served = [
        Path(storage.path(name)).resolve()
        for finder in get_finders()
        for name, storage in finder.list([])
    ]

    assert len(served) > 50
    assert not [path for path in served if path.is_relative_to(var)]
    assert kept.is_relative_to(var)
    assert not settings.MEDIA_ROOT
    assert not settings.MEDIA_URL.strip("/")
