"""Whom an export about one person covers: whoever has it learns of nobody else."""

import json
from pathlib import Path

import pytest

from bookbag.domain.people.models import MemberRole, User
from bookbag.domain.teaching.services import set_learners
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ABOUT_ONE, ExportScope
from bookbag.exports.catalogue.options import (
    CIRCLE,
    IDENTITIES,
    PSEUDONYMISE,
)
from bookbag.exports.models import Export
from bookbag.exports.selectors import get_export, keep_accessible
from bookbag.exports.services import check_request, request_export
from tests import factories
from tests.factories_files import write_work
from tests.integration.exports.pseudonyms.conftest import (
    STUDY,
    Class,
    Produce,
    find_canaries,
)
from tests.integration.exports.pseudonyms.test_veiled_exports import PERSON

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(people: Class) -> User:
    return factories.make_member(people.course.workspace, role=MemberRole.ADMIN)


def test_exactly_exports_about_one_person_know_the_option() -> None:
    for name, entry in get_catalogue().items():
        is_about_one = entry.scope_kind in ABOUT_ONE
        assert (CIRCLE in entry.options) is is_about_one, name


@pytest.mark.parametrize(
    "chosen",
    [{PSEUDONYMISE: STUDY}, {IDENTITIES: "report"}],
    ids=["veiled", "searched"],
)
@pytest.mark.parametrize("identifier", ["my-data", "project-zip", "project-tar"])
def test_who_may_not_have_everybody_gets_themselves(
    people: Class, identifier: str, chosen: dict[str, str]
) -> None:
    scope = people.scope_for(get_catalogue()[identifier])

    options = check_request(people.first, identifier, scope, chosen)

    assert options[CIRCLE] == "subject"
    assert check_request(people.first, identifier, scope, options) == options
    assert CIRCLE not in check_request(people.first, identifier, scope, {})


@pytest.mark.parametrize("identifier", ["student-data", "student-csv", "project-zip"])
def test_who_may_have_everybody_gets_everybody(
    people: Class, admin: User, identifier: str
) -> None:
    scope = people.scope_for(get_catalogue()[identifier])

    for person in (people.teacher, admin):
        options = check_request(person, identifier, scope, {PSEUDONYMISE: STUDY})
        assert CIRCLE not in options


def test_a_teacher_of_some_learners_gets_the_one_alone(people: Class) -> None:
    set_learners(people.course, people.teacher, [people.first])
    scope = ExportScope.of_student(people.course, people.first)

    options = check_request(
        people.teacher, "student-data", scope, {PSEUDONYMISE: STUDY}
    )

    assert options[CIRCLE] == "subject"


def test_nobody_reads_an_export_that_tells_of_others(
    people: Class, admin: User
) -> None:
    scope = ExportScope.of_project(people.project)
    plain, veiled = (
        request_export(
            person=people.teacher, identifier="project-zip", scope=scope, options=chosen
        )
        for chosen in ({}, {PSEUDONYMISE: STUDY, IDENTITIES: "replace"})
    )

    assert get_export(people.first, plain.pk) == plain
    with pytest.raises(Export.DoesNotExist):
        get_export(people.first, veiled.pk)
    assert get_export(admin, veiled.pk) == veiled
    assert keep_accessible(people.first, [plain, veiled]) == [plain]
    assert keep_accessible(people.teacher, [veiled, plain]) == [veiled, plain]


def test_a_student_asks_beside_the_teacher_and_not_with_them(people: Class) -> None:
    scope = ExportScope.of_project(people.project)
    asked = {
        request_export(
            person=person,
            identifier="project-zip",
            scope=scope,
            options={PSEUDONYMISE: STUDY},
        ).pk
        for person in (people.teacher, people.first)
    }

    assert len(asked) == 2


@pytest.mark.parametrize("identifier", ["my-data", "project-zip", "student-data"])
def test_of_others_it_tells_nothing_and_nothing_of_other_exports(
    people: Class, produce: Produce, identifier: str
) -> None:
    folder = Path(people.project.files_folder)
    (folder / "names.txt").write_text("quagliotti zzabriskie tetrazzini")
    of_all = set(PERSON.findall(produce("course-data")[1].decode("utf-8", "replace")))

    product, content = produce(identifier, identities="replace", circle="subject")

    text = content.decode("utf-8", "replace")
    own = set(PERSON.findall(text))
    (line,) = [line for line in text.splitlines() if line.endswith(" tetrazzini")]
    assert line.split()[1:] == ["zzabriskie", "tetrazzini"]
    assert line.split()[0] in own
    assert len(own) == 1
    assert not own & of_all
    assert product.receipt is not None
    assert json.loads(product.receipt.document)["circle"] == "subject"
    for name in ("quagliotti", "Ottoline", "Brandewyne"):
        assert name not in find_canaries(content)


def test_two_people_alone_have_two_pseudonyms(
    people: Class, produce: Produce, tmp_path: Path
) -> None:
    """Who looks at a project that is shown to all learns of one person's alone."""
    names = set()
    for user in (people.first, people.second):
        folder = write_work(tmp_path / "own" / user.username)
        project = factories.make_own_project(people.course.workspace, user, folder)
        scope = ExportScope.of_project(project)
        product, _ = produce("project-zip", about=scope, circle="subject")
        names |= set(PERSON.findall(product.file_name))

    assert len(names) == 2
