"""A right that ends between request, run, mail and download: each step refuses."""

from collections.abc import Iterator
from typing import cast

import pytest
from django.core import mail as sent
from django.test import Client
from django.urls import reverse

from bookbag.domain.audit.models import Act, AuditDraft, Result
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    Product,
    ProductionContext,
)
from bookbag.exports.errors import LinkNotFoundError, PermissionRefusedError
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.links import format_link_path, issue_link, open_link
from bookbag.exports.mail import deliver_waiting_mails
from bookbag.exports.models import DownloadLink, Export, MailMessage
from bookbag.exports.passes import issue_pass, open_pass
from bookbag.exports.reports import list_reports
from bookbag.exports.selectors import list_running_exports
from bookbag.exports.services import request_export
from bookbag.exports.states import ExportState, MailKind
from bookbag.exports.storage import LocalStorage
from bookbag.jobs.working import run_job
from tests import factories
from tests.fakes.definitions import produce_content
from tests.integration.exports.removed_rights import (
    LOSSES,
    make_person,
    make_ready,
    make_scope,
    replace_production,
)

EACH = pytest.mark.parametrize("loss", LOSSES)
BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    catalogue = cast("dict[str, ExportDefinition]", get_catalogue())
    kept = dict(catalogue)
    yield
    catalogue.update(kept)


@pytest.fixture
def person(course: Course, loss: str) -> User:
    return make_person(loss, course)


def ask(loss: str, course: Course, person: User) -> Export:
    identifier = LOSSES[loss][0]
    scope = make_scope(identifier, course, person)
    return request_export(person=person, identifier=identifier, scope=scope)


def lose(loss: str, course: Course, person: User) -> User:
    """End the right, and return the person as the next request would find them."""
    LOSSES[loss][1](person, course)
    return User.objects.get(pk=person.pk)


@EACH
def test_before_the_request(course: Course, person: User, loss: str) -> None:
    person = lose(loss, course, person)

    with pytest.raises(PermissionRefusedError) as refused:
        ask(loss, course, person)

    assert refused.value.code == "export_permission_refused"
    assert not Export.objects.exists()
    draft = AuditDraft.objects.get(act=Act.EXPORT_REQUESTED)
    assert (draft.person_key, draft.result) == (person.pk, Result.REFUSED)


@EACH
@pytest.mark.django_db(transaction=True)
def test_before_the_run(
    course: Course, person: User, loss: str, storage: LocalStorage
) -> None:
    def never(_context: ProductionContext) -> Product:
        raise AssertionError

    replace_production(LOSSES[loss][0], never)
    export = ask(loss, course, person)
    person = lose(loss, course, person)

    run_job(ExportJobs(), export.pk)

    check_refused(export, person, storage)


@EACH
@pytest.mark.django_db(transaction=True)
def test_while_it_runs(
    course: Course, person: User, loss: str, storage: LocalStorage
) -> None:
    def lose_meanwhile(context: ProductionContext) -> Product:
        lose(loss, course, person)
        return produce_content(context)

    replace_production(LOSSES[loss][0], lose_meanwhile)
    export = ask(loss, course, person)

    run_job(ExportJobs(), export.pk)

    check_refused(export, User.objects.get(pk=person.pk), storage)


@pytest.mark.parametrize("loss", ["course-data"])
@pytest.mark.django_db(transaction=True)
def test_while_it_is_published(
    course: Course,
    person: User,
    loss: str,
    storage: LocalStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish = LocalStorage.publish_file

    def publish_and_lose(self: LocalStorage, *arguments: object) -> str:
        lose(loss, course, person)
        return publish(self, *arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(LocalStorage, "publish_file", publish_and_lose)
    replace_production(loss)
    export = ask(loss, course, person)

    run_job(ExportJobs(), export.pk)

    check_refused(export, User.objects.get(pk=person.pk), storage)


def check_refused(export: Export, person: User, storage: LocalStorage) -> None:
    export.refresh_from_db()
    assert (export.state, export.failure_code) == (
        ExportState.FAILED,
        "export_right_ended",
    )
    assert list(storage.iter_keys()) == []
    assert deliver_waiting_mails() == 0
    assert sent.outbox == []
    skipped = MailMessage.objects.values_list("skipped_because", flat=True)
    # The account of a service has no address in the first place.
    assert set(skipped) <= {"right-ended" if person.email else "no-address"}
    assert not DownloadLink.objects.exists()
    assert list_reports(person) == []


@EACH
def test_before_the_mail(course: Course, person: User, loss: str) -> None:
    export = make_ready(loss, course, person)
    kinds = (MailKind.READY, MailKind.FAILED)
    for kind in kinds:
        MailMessage.objects.create(export=export, person=person, kind=kind)
    # A service has no address, but its right would be asked about first.
    User.objects.filter(pk=person.pk).update(email="holder@example.edu")
    lose(loss, course, person)

    assert deliver_waiting_mails() == 0

    reasons = MailMessage.objects.values_list("skipped_because", flat=True)
    assert list(reasons) == ["right-ended"] * len(kinds)
    assert sent.outbox == []
    assert not DownloadLink.objects.exists()


@EACH
def test_before_the_download(
    client: Client, course: Course, person: User, loss: str
) -> None:
    export = make_ready(loss, course, person)
    token, passed = issue_link(export, person), issue_pass(export, person)
    assert open_link(token, person) == export
    assert open_pass(passed) == (export, person)
    bearer = factories.make_token(person)
    person = lose(loss, course, person)

    for path in list_doors(export, token):
        client.force_login(person, BACKEND)
        answer = client.get(path)
        # Whoever may not sign in at all is asked to.
        assert answer.status_code == (404 if person.is_active else 302), path
        assert "Holder" not in answer.content.decode()
    for path in list_api_doors(export):
        answer = client.get(path, headers={"Authorization": f"Bearer {bearer}"})
        assert answer.status_code == (404 if person.is_active else 401), path
        assert answer.json()["code"] in ("not_found", "token_refused")
    assert client.get(f"/codio/files/{passed}/it.zip").status_code == 404
    with pytest.raises(LinkNotFoundError):
        open_link(token, person)
    assert AuditDraft.objects.filter(
        act=Act.EXPORT_OPENED, result=Result.REFUSED, person_key=person.pk
    ).exists()


def list_doors(export: Export, token: str) -> list[str]:
    names = ("export", "export-file", "export-receipt", "export-receipt-file")
    pages = [reverse(name, kwargs={"export_id": export.pk}) for name in names]
    return [format_link_path(token), *pages]


def list_api_doors(export: Export) -> list[str]:
    root = f"/api/v1/exports/{export.pk}"
    return [root, *(f"{root}/{part}" for part in ("file", "receipt", "events"))]


@EACH
def test_what_they_asked_for_is_named_nowhere(
    course: Course, person: User, loss: str
) -> None:
    ask(loss, course, person)
    assert list_running_exports(person)

    person = lose(loss, course, person)

    assert list_running_exports(person) == []
    assert list_reports(person) == []


@pytest.mark.parametrize("loss", ["course-data"])
@pytest.mark.django_db(transaction=True)
def test_whoever_joined_and_still_may_gets_it(
    course: Course, person: User, loss: str
) -> None:
    replace_production(loss)
    export = ask(loss, course, person)
    colleague = factories.make_teacher(course, "colleague")
    assert ask(loss, course, colleague) == export
    person = lose(loss, course, person)

    run_job(ExportJobs(), export.pk)

    assert deliver_waiting_mails() == 1
    assert [message.to for message in sent.outbox] == [[colleague.email]]
    (link,) = DownloadLink.objects.all()
    assert link.person == colleague
