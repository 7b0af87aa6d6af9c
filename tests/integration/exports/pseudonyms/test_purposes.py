"""Purposes: their keys are made once, sealed, and destroyed for good."""

import pytest

from bookbag.domain.audit.models import AuditDraft
from bookbag.domain.people.models import Workspace
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.catalogue.options import PSEUDONYMISE
from bookbag.exports.errors import (
    KeyDestroyedError,
    OptionsError,
    PseudonymCollisionError,
    PurposeNotFoundError,
)
from bookbag.exports.models import Export, ExportReceipt
from bookbag.exports.pseudonyms import veil
from bookbag.exports.pseudonyms.keys import ensure_key, make_code, open_key
from bookbag.exports.pseudonyms.models import PseudonymKey
from bookbag.exports.purposes import destroy_key, list_purposes
from bookbag.exports.services import check_request, request_export
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage
from tests import factories
from tests.integration.exports.pseudonyms.conftest import STUDY, Class, Produce

pytestmark = pytest.mark.django_db


def ask(people: Class, purpose: str = STUDY, identifier: str = "course-data") -> Export:
    scope = ExportScope.of_course(people.course)
    if identifier == "student-data":
        scope = ExportScope.of_student(people.course, people.first)
    return request_export(
        person=people.teacher,
        identifier=identifier,
        scope=scope,
        options={PSEUDONYMISE: purpose},
    )


def workspace_of(people: Class) -> Workspace:
    return people.course.workspace


def test_asking_makes_a_sealed_key_and_says_so(people: Class) -> None:
    export = ask(people, "  Reading  STUDY ")

    made = PseudonymKey.objects.get()
    assert export.options[PSEUDONYMISE] == made.purpose == STUDY
    assert open_key(workspace_of(people), STUDY).hex() not in made.sealed_key
    assert export.requesters.get().purpose == STUDY
    acts = list(AuditDraft.objects.values_list("act", "target", "purpose"))
    assert ("pseudonyms.made", STUDY, "") in acts
    assert ("export.requested", "course-data: CS101", STUDY) in acts


def test_a_purpose_has_one_key_however_often_it_is_named(people: Class) -> None:
    first = ask(people)

    assert ask(people) == first
    assert ask(people, "") != first
    assert list_purposes(workspace_of(people)).count() == 1


@pytest.mark.parametrize("purpose", ["x" * 61, "a/b", "-", "<b>"])
def test_it_refuses_what_is_no_name_of_a_purpose(people: Class, purpose: str) -> None:
    with pytest.raises(OptionsError, match="expected a purpose of at most 60 letters"):
        ask(people, purpose)


def test_a_destroyed_key_is_nowhere_and_never_comes_back(
    people: Class, produce: Produce
) -> None:
    produce("users")
    sealed = PseudonymKey.objects.get().sealed_key

    destroy_key(workspace_of(people), STUDY, person=people.teacher)

    assert sealed
    assert PseudonymKey.objects.get().sealed_key == ""
    assert AuditDraft.objects.filter(act="pseudonyms.destroyed", target=STUDY).exists()
    with pytest.raises(KeyDestroyedError):
        produce("users")
    scope = ExportScope.of_course(people.course)
    with pytest.raises(OptionsError, match="whose key was destroyed on"):
        check_request(people.teacher, "course-data", scope, {PSEUDONYMISE: STUDY})
    with pytest.raises(PurposeNotFoundError):
        destroy_key(workspace_of(people), STUDY)


def test_with_the_key_goes_the_file_that_a_request_names_the_person_of(
    people: Class, storage: LocalStorage
) -> None:
    exports = [ask(people), ask(people, identifier="student-data")]
    for export in exports:
        path = storage.stage_file(export.pk, 1)
        path.write_bytes(b"content")
        key = storage.publish_file(path, f"published/{export.pk}.1.zip")
        made = factories.make_export(people.course, people.teacher, state="ready")
        Export.objects.filter(pk=export.pk).update(
            state="ready", storage_key=key, file_name="person-x.zip", sha256="a" * 64,
            expires_at=made.expires_at,
        )  # fmt: skip
        factories.make_receipt(export)

    assert destroy_key(workspace_of(people), STUDY) == 1

    of_all, of_one = (Export.objects.get(pk=export.pk) for export in exports)
    assert of_all.state == ExportState.READY
    assert (of_one.state, of_one.file_name, of_one.sha256) == (
        ExportState.EXPIRED, "pseudonymised", "",
    )  # fmt: skip
    assert list(ExportReceipt.objects.values_list("export", flat=True)) == [of_all.pk]
    assert list(storage.iter_keys()) == [of_all.storage_key]


def test_a_request_about_one_student_does_not_show_the_name(people: Class) -> None:
    assert ask(people, identifier="student-data").scope_name == "CS101"
    assert "quagliotti" in ask(people, "", identifier="student-data").scope_name


def test_two_people_with_one_pseudonym_end_the_export(
    people: Class, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(veil, "make_code", lambda *_parts: "person-same")

    with pytest.raises(PseudonymCollisionError):
        produce("users")


def test_a_code_depends_on_the_key_and_on_what_it_is_of() -> None:
    one = make_code(b"k" * 32, "person", "1")

    assert one == make_code(b"k" * 32, "person", "1")
    others = {
        make_code(b"l" * 32, "person", "1"),
        make_code(b"k" * 32, "person", "2"),
        make_code(b"k" * 32, "export", "1"),
    }
    assert len({one, *others}) == 4
    assert len(one) == len("person-") + 12


def test_a_key_is_of_one_workspace(people: Class) -> None:
    other = factories.make_workspace()
    for workspace in (workspace_of(people), other):
        ensure_key(workspace, STUDY, people.teacher)

    assert open_key(workspace_of(people), STUDY) != open_key(other, STUDY)
