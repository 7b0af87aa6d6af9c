"""The demo: the main job, from a sample course to the verified archive."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from rich.panel import Panel

from bookbag.cli.archives import tell_report
from bookbag.cli.courses import print_changes, print_plan, print_summary
from bookbag.cli.exporting.local import LocalExports, see
from bookbag.cli.exporting.watching import wait_for
from bookbag.cli.operating import migrate, serve
from bookbag.cli.output import results
from bookbag.cli.supervisor import worker_process
from bookbag.domain.courses.models import Course, Enrolment, EnrolmentRole
from bookbag.domain.people.models import MemberRole, User
from bookbag.domain.people.services import get_or_make_workspace, save_member
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.outbox import OutboxState
from bookbag.exports.services import request_export
from bookbag.exports.storage import get_storage
from bookbag.exports.verification import verify_file
from bookbag.imports.loading import apply_load
from bookbag.imports.planning import plan_load
from bookbag.imports.result_files import read_results
from bookbag.imports.result_loading import load_results
from bookbag.imports.sample import (
    write_sample_course,
    write_sample_results,
    write_sample_sessions,
)
from bookbag.imports.session_files import read_sessions
from bookbag.imports.session_loading import load_sessions

WORKSPACE = "Example University"
PASSWORD = "take-it-all-with-you"  # noqa: S105 - of accounts on this machine only
LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 300
READ_BYTES = 1 << 20


def demo(
    context: typer.Context,
    keep_serving: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the pages at the end.")
    ] = True,
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
) -> None:
    """Load a sample course, export it, show the mail, verify the archive, serve."""
    migrate()
    course = _load_sample()
    accounts = _make_accounts(course)
    _load_results(course)
    _load_sessions(course, accounts["workspace admin"])
    with _running_worker():
        export = _export(course, accounts["teacher"])
        mail = _wait_for_mail(export)
    _show_mail(mail)
    is_whole = _download_and_verify(export)
    _show_accounts(accounts, port)
    if not is_whole:
        raise typer.Exit(1)
    if keep_serving:
        serve(context, port=port)


def _step(text: str) -> None:
    results.print(f"\n[bold]{text}[/]")


def _load_sample() -> Course:
    _step("1. A sample course, from source trees on this machine")
    folder = settings.BOOKBAG_VAR / "sample-course"
    if not folder.exists():
        write_sample_course(folder)
    plan = plan_load(folder)
    print_plan(plan)
    workspace = get_or_make_workspace(WORKSPACE)
    print_summary(apply_load(plan, workspace=workspace))
    return Course.objects.get(workspace=workspace, name=plan.course_name)


def _make_accounts(course: Course) -> dict[str, User]:
    admin = save_member(
        workspace=course.workspace,
        email="admin@example.edu",
        username="admin",
        role=MemberRole.ADMIN,
        password=PASSWORD,
    )
    return {
        "teacher": _give_password(course, EnrolmentRole.TEACHER),
        "workspace admin": admin,
        "student": _give_password(course, EnrolmentRole.STUDENT),
    }


def _load_results(course: Course) -> None:
    path = settings.BOOKBAG_VAR / "sample-results.csv"
    students = Enrolment.objects.filter(course=course, role=EnrolmentRole.STUDENT)
    names = students.order_by("user__username").values_list("user__username", flat=True)
    assignments = course.assignments.values_list("name", flat=True)
    write_sample_results(path, list(assignments), list(names))
    rows = read_results(course.workspace, path, course_name=course.name)
    print_changes(load_results(course.workspace, rows))


def _load_sessions(course: Course, admin: User) -> None:
    path = settings.BOOKBAG_VAR / "sample-sessions.csv"
    students = Enrolment.objects.filter(course=course, role=EnrolmentRole.STUDENT)
    emails = students.order_by("user__email").values_list("user__email", flat=True)
    write_sample_sessions(path, [email for email in emails if email], admin.email)
    print_changes(load_sessions(course.workspace, read_sessions(path)))


def _give_password(course: Course, role: EnrolmentRole) -> User:
    enrolment = (
        Enrolment.objects.filter(course=course, role=role, is_read_only=False)
        .select_related("user")
        .order_by("pk")[0]
    )
    enrolment.user.set_password(PASSWORD)
    enrolment.user.save()
    return enrolment.user


@contextmanager
def _running_worker() -> Iterator[None]:
    worker = worker_process(workers=1)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def _export(course: Course, teacher: User) -> Export:
    _step(f"2. {teacher.full_name} exports the course data; a worker compiles it")
    export = request_export(
        person=teacher, identifier="course-data", scope=ExportScope.of_course(course)
    )
    with LocalExports(works=False) as source:
        wait_for(source, see(export), shows=True)
    export.refresh_from_db()
    return export


def _wait_for_mail(export: Export) -> EmailMessage:
    deadline = time.monotonic() + PATIENCE_SECONDS
    sent = MailMessage.objects.filter(export=export, state=OutboxState.DELIVERED)
    while not sent.exists():
        if time.monotonic() > deadline:
            results.print("No mail was delivered.")
            raise typer.Exit(1)
        time.sleep(LOOK_SECONDS)
    newest = max(
        settings.BOOKBAG_MAIL_FOLDER.iterdir(), key=lambda path: path.stat().st_mtime
    )
    message = message_from_bytes(newest.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
    return message


def _show_mail(mail: EmailMessage) -> None:
    _step("3. The mail that was sent (kept as a file; set BOOKBAG_MAIL_URL for SMTP)")
    body = mail.get_body(("plain",))
    text = body.get_content().strip() if body is not None else ""
    subject = str(mail["Subject"]).strip()
    title = f"To: {mail['To']}   Subject: {subject}"
    results.print(Panel(text, title=title, title_align="left"))


def _download_and_verify(export: Export) -> bool:
    _step("4. The archive, downloaded and verified")
    target = Path(settings.BOOKBAG_VAR) / export.file_name
    with get_storage().open_file(export.storage_key) as source, target.open("wb") as to:
        while piece := source.read(READ_BYTES):
            to.write(piece)
    results.print(f"{target} ({export.size_bytes:,} bytes)")
    report = verify_file(target)
    tell_report(report)
    return report.is_ok


def _show_accounts(accounts: dict[str, User], port: int) -> None:
    _step(f"5. Sign in at http://127.0.0.1:{port} with the password {PASSWORD}")
    for role, person in accounts.items():
        results.print(f"   {role:16} {person.email}")
