"""A project's pages: files are shown, and nothing that students write can run."""

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils.http import urlencode

from bookbag.domain.courses.models import Project
from bookbag.exports.models import Export
from tests import factories

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
SCRIPT = "<script>alert(1)</script>"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944"
    "4154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# Title ", SCRIPT]},
        {
            "cell_type": "code",
            "source": "print('hi')",
            "outputs": [
                {"text": ["hi\n"]},
                {"data": {"image/png": "iVBORw0KGgo=", "text/html": SCRIPT}},
                {"data": {"image/png": 'x" onerror="alert(1)'}},
            ],
        },
    ]
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "src" / "main.py").write_text(f"# {SCRIPT}\nfor x in y:\n    pass\n")
    (root / "page.html").write_text(SCRIPT)
    (root / "drawing.svg").write_text(
        f"<svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}"
    )
    (root / "pixel.png").write_bytes(PIXEL)
    (root / "fake.png").write_text(SCRIPT)
    (root / "notes.ipynb").write_text(json.dumps(NOTEBOOK))
    (root / "broken.ipynb").write_text('{"cells": 5}')
    (root / "data.bin").write_bytes(b"\0" * 10)
    (root / f"a{SCRIPT.replace('/', '')}.txt").write_text("odd name")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff odd")).write_text("odd bytes")
    (tmp_path / "secret").write_text("canary")
    (root / "leak").symlink_to(tmp_path / "secret")
    course = factories.make_course()
    lab = factories.make_assignment(course, "Lab One")
    return factories.make_project(lab, factories.enrol(course, "ada"), root)


@pytest.fixture
def show(client: Client, project: Project) -> Callable[..., str]:
    client.force_login(project.owner, BACKEND)

    def get(**asked: str) -> str:
        answer = client.get(f"/projects/{project.pk}/?{urlencode(asked)}")
        assert answer.status_code == 200
        assert SCRIPT.encode() not in answer.content
        return answer.content.decode()

    return get


def test_a_folder_lists_its_entries(show: Callable[..., str]) -> None:
    text = show()

    for name in ("src/", "page.html", "notes.ipynb", "leak", r"\xff odd"):
        assert name in text
    assert "canary" not in text
    assert "main.py" in show(path="src")


def test_a_large_folder_is_read_page_by_page(
    client: Client, project: Project, show: Callable[..., str]
) -> None:
    folder = Path(project.files_folder) / "many"
    folder.mkdir()
    for number in range(1001):
        (folder / f"{number:04}.txt").touch()

    page, names = show(path="many"), []
    while True:
        names += re.findall(r">(\d{4}\.txt)<", page)
        following = re.search(r'href="(\?path=many[^"]+)">Next entries', page)
        if following is None:
            break
        url = f"/projects/{project.pk}/{html.unescape(following[1])}"
        page = client.get(url).content.decode()

    assert "1,001 entries" in page
    assert names == [f"{number:04}.txt" for number in range(1001)]


def test_texts_are_coloured_and_escaped(show: Callable[..., str]) -> None:
    text = show(file="src/main.py")

    assert '<span class="k">for</span>' in text
    assert "&lt;script&gt;" in text
    assert "odd bytes" in show(file=r"\xff odd")


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "fake.png"])
def test_what_could_run_is_shown_as_escaped_text(
    show: Callable[..., str], name: str
) -> None:
    text = show(file=name)

    assert '<pre class="code"' in text
    assert "&lt;" in text
    assert "alert" in text


def test_notebooks_show_code_texts_and_pictures(show: Callable[..., str]) -> None:
    text = show(file="notes.ipynb")

    assert "# Title &lt;script&gt;" in text
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in text
    assert "onerror" not in text
    assert "broken" in show(file="broken.ipynb")


@pytest.mark.parametrize(
    "asked",
    [
        {"file": "leak"},
        {"file": "../secret"},
        {"file": "src/../../secret"},
        {"path": "nothing"},
        {"path": "leak"},
        {"file": r"\x2e\x2e/secret"},
    ],
)
def test_what_is_not_in_the_project_cannot_be_shown(
    show: Callable[..., str], asked: dict[str, str]
) -> None:
    text = show(**asked)

    assert "This cannot be shown." in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("pixel.png", "image/png", "inline"),
        ("fake.png", "application/octet-stream", "attachment"),
        ("drawing.svg", "application/octet-stream", "attachment"),
        ("page.html", "application/octet-stream", "attachment"),
        ("src/main.py", "application/octet-stream", "attachment"),
    ],
)
def test_a_raw_file_can_run_nothing(
    client: Client, project: Project, name: str, kind: str, place: str
) -> None:
    client.force_login(project.owner, BACKEND)

    answer = client.get(f"/projects/{project.pk}/raw", {"path": name})

    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith(place)
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    root = Path(project.files_folder)
    assert b"".join(answer) == (root / name).read_bytes()


@pytest.mark.parametrize("path", ["leak", "../secret", "src", "nothing", ""])
def test_a_raw_file_outside_is_not_found(
    client: Client, project: Project, path: str
) -> None:
    client.force_login(project.owner, BACKEND)

    assert client.get(f"/projects/{project.pk}/raw", {"path": path}).status_code == 404


def test_looking_around_opens_the_project_once(
    client: Client, project: Project, recorded: list[object]
) -> None:
    client.force_login(project.owner, BACKEND)
    recorded.clear()

    client.get(f"/projects/{project.pk}/")
    client.get(f"/projects/{project.pk}/?path=src", headers={"HX-Request": "true"})

    assert len(recorded) == 1


def test_teachers_look_and_change_nothing(client: Client, project: Project) -> None:
    course = factories.assignment_of(project).course
    stack = factories.make_stack(course.workspace)
    client.force_login(factories.make_teacher(course), BACKEND)

    page = client.get(f"/projects/{project.pk}/").content.decode()
    refused = client.post(f"/projects/{project.pk}/stack", {"stack": stack.pk})

    assert "read-only" in page
    assert "Stack settings" not in page
    assert refused.status_code == 403


def test_the_owner_switches_the_stack(client: Client, project: Project) -> None:
    stack = factories.make_stack(project.home)
    foreign = factories.make_stack(factories.make_workspace())
    client.force_login(project.owner, BACKEND)
    url = f"/projects/{project.pk}/stack"

    assert client.post(url, {"stack": foreign.pk}).status_code == 404
    assert client.post(url, {"stack": stack.pk}).status_code == 302
    project.refresh_from_db()
    assert project.stack == stack


def test_my_projects_are_mine(client: Client, project: Project) -> None:
    lab = factories.assignment_of(project)
    other = factories.make_project(lab, factories.enrol(lab.course, "ben"))
    client.force_login(project.owner, BACKEND)

    page = client.get("/projects/").content.decode()

    assert f"/projects/{project.pk}/" in page
    assert f"/projects/{other.pk}/" not in page
    assert "No project matches" in client.get("/projects/?search=zzz").content.decode()


def test_the_owner_asks_for_a_folder_as_a_zip(client: Client, project: Project) -> None:
    client.force_login(project.owner, BACKEND)

    client.post(f"/projects/{project.pk}/export", {"folder": "src/"})
    client.post(f"/projects/{project.pk}/export", {"folder": "../.."})

    export = Export.objects.get()
    assert (export.identifier, export.options["folder"]) == ("project-zip", "src")
