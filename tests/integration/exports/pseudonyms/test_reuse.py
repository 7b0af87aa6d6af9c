"""Reuse of earlier archives never carries names into pseudonyms, nor the other way."""

from pathlib import Path

import pytest

from bagkit.archive import index_of
from bookbag.exports.catalogue.definition import Product, ProductionContext
from bookbag.exports.catalogue.options import PSEUDONYMISE
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.pseudonyms.keys import ensure_key
from bookbag.exports.storage import LocalStorage
from bookbag.jobs.working import run_job
from tests import factories
from tests.fakes.definitions import (
    IDENTIFIER,
    installed_definition,
    produce_content,
)
from tests.integration.exports.pseudonyms.conftest import (
    STUDY,
    Class,
    find_canaries,
    unpack,
)

# The lease keeper writes from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def run(people: Class, storage: LocalStorage, purpose: str) -> tuple[Path, bytes]:
    export = factories.make_export(
        people.course, people.teacher, options={PSEUDONYMISE: purpose}
    )
    run_job(ExportJobs(), export.pk)
    key = Export.objects.get(pk=export.pk).storage_key
    with storage.open_file(key) as file:
        return Path(file.name), file.read()


@pytest.mark.parametrize(
    "order", [("", STUDY, ""), (STUDY, "", STUDY), (STUDY, "other", "")]
)
def test_neither_kind_of_archive_takes_from_the_other(
    people: Class, storage: LocalStorage, order: tuple[str, ...]
) -> None:
    for purpose in (STUDY, "other"):
        ensure_key(people.course.workspace, purpose, people.teacher)

    for purpose in order:
        path, content = run(people, storage, purpose)

        said = unpack(content)
        assert bool(find_canaries(said)) is not bool(purpose)
        assert (b"/person-" in said) is bool(purpose)
        assert index_of(path).exists() is not bool(purpose)


def test_only_an_archive_with_names_is_reused_and_only_for_names(
    people: Class,
) -> None:
    seen: list[bool] = []

    def look(context: ProductionContext) -> Product:
        seen.append(context.earlier.reuse is not None)
        return produce_content(context)

    with installed_definition(look):
        for purpose in ("", STUDY, STUDY, ""):
            export = factories.make_export(
                people.course,
                people.teacher,
                identifier=IDENTIFIER,
                options={PSEUDONYMISE: purpose},
            )
            run_job(ExportJobs(), export.pk)

    assert seen == [False, False, False, True]
