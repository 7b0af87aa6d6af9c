"""No export, in any dialect, holds a canary."""

import zipfile
from pathlib import Path

import pytest
from django.utils import timezone

from bagkit.archive import EarlierWork
from bookbag.exports.catalogue import get_catalogue, get_definition
from bookbag.exports.catalogue.definition import (
    ExportScope,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.options import PSEUDONYMISE
from tests.integration.canaries.planting import PURPOSE, Garden
from tests.integration.canaries.searching import find_canaries

DIALECT = "dialect"


def list_variants() -> list[tuple[str, str]]:
    """Return each export with each of its dialects."""
    return [
        (name, dialect)
        for name, definition in get_catalogue().items()
        for dialect in (
            definition.options[DIALECT].choices
            if DIALECT in definition.options
            else ("",)
        )
    ]


@pytest.mark.parametrize("is_pseudonymised", [False, True], ids=["named", "veiled"])
def test_no_export_in_any_dialect_holds_one(
    garden: Garden, tmp_path: Path, *, is_pseudonymised: bool
) -> None:
    canaries, sung, count = garden.canaries, [], 0
    for name, dialect in list_variants():
        options = {DIALECT: dialect} if dialect else {}
        if is_pseudonymised:
            if PSEUDONYMISE not in get_definition(name).options:
                continue
            options[PSEUDONYMISE] = PURPOSE
        content = produce(name, options, garden, tmp_path)
        sung += find_canaries(f"{name} {dialect}", content, canaries)
        count += 1

    assert sung == []
    assert count >= 15


def produce(name: str, options: dict[str, str], garden: Garden, folder: Path) -> bytes:
    definition = get_definition(name)
    chosen = {key: option.default for key, option in definition.options.items()}
    staged = folder / "produced"
    definition.produce(
        ProductionContext(
            export_id=str(garden.export.pk),
            scope=scope_for(definition.scope_kind, garden),
            options=chosen | options,
            snapshot_at=timezone.now(),
            staged=staged,
            on_progress=lambda _progress: None,
            earlier=EarlierWork(),
        )
    )
    return staged.read_bytes()


def scope_for(kind: ScopeKind, garden: Garden) -> ExportScope:
    course, student = garden.course, garden.student
    assignment = course.assignments.get()
    project = assignment.projects.get()
    return {
        ScopeKind.WORKSPACE: ExportScope(workspace=course.workspace),
        ScopeKind.COURSE: ExportScope.of_course(course),
        ScopeKind.ASSIGNMENT: ExportScope.of_assignment(assignment),
        ScopeKind.STUDENT: ExportScope.of_student(course, student),
        # The admin has most secrets of all.
        ScopeKind.USER: ExportScope(workspace=course.workspace, subject=garden.admin),
        ScopeKind.PROJECT: ExportScope.of_project(project),
    }[kind]


def test_the_search_finds_what_is_packed_at_any_depth(tmp_path: Path) -> None:
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"x" * 99 + b"a canary that sings" + b"x" * 99)
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner)

    found = find_canaries("it", outer.read_bytes(), {"a": "a canary that sings"})

    assert found == ["it: a"]
    assert find_canaries("it", outer.read_bytes(), {"b": "another"}) == []


def test_a_canary_in_a_row_would_be_found(garden: Garden, tmp_path: Path) -> None:
    leaking = "canary-in-a-name-0123456789"
    garden.student.last_name = leaking
    garden.student.save()

    for dialect in get_definition("users").options[DIALECT].choices:
        content = produce("users", {DIALECT: dialect}, garden, tmp_path)
        assert find_canaries(dialect, content, {"name": leaking}), dialect
    archive = produce("course-data", {}, garden, tmp_path)
    assert find_canaries("archive", archive, {"name": leaking})
