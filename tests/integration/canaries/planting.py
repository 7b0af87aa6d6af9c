"""A workspace in which every secret that Bookbag can hold is there, and known."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from bookbag.deliveries.models import DeliveryTarget, TargetKind
from bookbag.deliveries.services import save_target
from bookbag.domain.access.clients import issue_service_token, make_client
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.activity.models import SignIn
from bookbag.domain.courses.models import Course
from bookbag.domain.lti.addresses import get_lti_course
from bookbag.domain.lti.keys import make_consumer_key
from bookbag.domain.lti.sealing import unseal
from bookbag.domain.lti.tool_keys import get_tool_key
from bookbag.domain.people.models import User
from bookbag.domain.teaching.services import replace_source
from bookbag.exports.links import issue_link
from bookbag.exports.models import Export
from bookbag.exports.passes import issue_pass
from bookbag.exports.pseudonyms.keys import ensure_key, open_key
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.models import Webhook
from bookbag.exports.webhooks.services import BOX, rotate_secret
from bookbag.formats.receipt_keys import load_receipt_key
from tests import factories
from tests.factories_files import write_work
from tests.integration.canaries.known import PLANTED

PURPOSE = "dropout study"


@dataclass(frozen=True, kw_only=True)
class Garden:
    """What was planted, and the people and things around it."""

    course: Course
    admin: User
    teacher: User
    student: User
    export: Export
    clear: dict[str, str]
    """Secrets as their owners know them, by what they are."""

    @property
    def canaries(self) -> dict[str, str]:
        """All of them, with the forms in which the database keeps them."""
        return self.clear | read_columns()


def plant(folder: Path) -> Garden:
    """Make one of everything that has a secret."""
    course = factories.make_course()
    admin = factories.make_member(course.workspace, "admin", role="Admin")
    teacher = factories.make_teacher(course, "teacher")
    student = factories.enrol(course, "student")
    assignment = factories.make_assignment(course, "Loops")
    work = write_work(folder / "loops" / "student", "what the student wrote")
    factories.make_project(assignment, student, work)
    source = write_work(folder / "source", "what everybody begins with")
    replace_source(assignment, source, changelog="", publisher=teacher)
    lti_course = get_lti_course(course)
    lti_course.is_enabled = True
    lti_course.save()
    export = factories.make_export(course, admin, state=ExportState.READY)
    factories.make_receipt(export)
    clear = {
        **plant_programs(course, admin),
        **plant_sign_in(admin),
        **plant_links(export, admin),
        **plant_keys(course, admin),
    }
    return Garden(
        course=course,
        admin=admin,
        teacher=teacher,
        student=student,
        export=export,
        clear=clear,
    )


def plant_programs(course: Course, admin: User) -> dict[str, str]:
    workspace = course.workspace
    client, secret = make_client(
        workspace, name="Records", scopes=TokenScope.values, created_by=admin
    )
    webhook = factories.make_webhook(workspace)
    before = BOX.unseal(webhook.sealed_secret)
    after = rotate_secret(Webhook.objects.get(pk=webhook.pk))
    delivery = f"canary-delivery-{secrets.token_hex(16)}"
    target = DeliveryTarget(
        workspace=workspace,
        kind=TargetKind.SFTP,
        name="Archive office",
        address="127.0.0.1:9",
        account="bookbag",
    )
    save_target(target, delivery)
    return {
        "personal token": factories.make_token(admin),
        "client secret": secret,
        "service token": issue_service_token(client).token,
        "webhook secret": after,
        "earlier webhook secret": before,
        "delivery secret": delivery,
        "LTI 1.1 secret": make_consumer_key(workspace, "Campus")[1],
    }


def plant_sign_in(admin: User) -> dict[str, str]:
    totp = secrets.token_hex(20).upper()
    Authenticator.objects.create(
        user=admin, type="totp", data={"secret": get_adapter().encrypt(totp)}
    )
    codes = RecoveryCodes.activate(admin)
    session = SessionStore()
    session.create()
    key = session.session_key or ""
    SignIn.objects.create(session_key=key, user=admin, ip_address="192.0.2.1")
    UserSession.objects.create(
        user=admin, session_key=session.session_key, ip="192.0.2.1", user_agent="x"
    )
    address = EmailAddress.objects.create(user=admin, email=admin.email, primary=True)
    EmailConfirmation.create(address)
    word = secrets.token_hex(16)
    app = SocialApp.objects.create(
        provider="openid_connect",
        provider_id="campus",
        name="Campus",
        secret=f"canary-app-{word}",
    )
    account = SocialAccount.objects.create(user=admin, provider="campus", uid="1")
    SocialToken.objects.create(
        app=app,
        account=account,
        token=f"canary-social-{word}",
        token_secret=f"canary-social-secret-{word}",
    )
    sealed = {
        f"sealed second factor {row.pk}.{name}": value
        for row in Authenticator.objects.all()
        for name, value in row.data.items()
        if isinstance(value, str)
    }
    return {
        "password": factories.PASSWORD,
        "TOTP secret": totp,
        **{f"recovery code {n}": c for n, c in enumerate(codes.get_unused_codes())},
        **sealed,
    }


def plant_links(export: Export, admin: User) -> dict[str, str]:
    return {
        "download link": issue_link(export, admin),
        "pass to a file": issue_pass(export, admin),
    }


def plant_keys(course: Course, admin: User) -> dict[str, str]:
    load_receipt_key()
    receipt_key = Path(settings.BOOKBAG_RECEIPT_KEY).read_text(encoding="ascii")
    lti_key = unseal(get_tool_key().sealed_private_key)
    ensure_key(course.workspace, PURPOSE, admin)
    return {
        "receipt key": receipt_key.splitlines()[1],
        "LTI 1.3 key": lti_key.splitlines()[5],
        "pseudonym key": open_key(course.workspace, PURPOSE).hex(),
        "server key": settings.SECRET_KEY,
        "mail password": settings.EMAIL_HOST_PASSWORD,
        "metrics token": settings.BOOKBAG_METRICS_TOKEN,
        "storage access key": settings.BOOKBAG_STORAGE_ACCESS_KEY,
        "storage secret key": settings.BOOKBAG_STORAGE_SECRET_KEY,
    }


def read_columns() -> dict[str, str]:
    """Return every value of the columns in which secrets lie."""
    found = {}
    for column in PLANTED:
        label, _, name = column.rpartition(".")
        values = apps.get_model(label)._default_manager.values_list(name, flat=True)
        for value in values:
            if value and not str(value).startswith("!"):  # nobody has that password
                found[f"{column} {value[:6]}"] = str(value)
    return found


def count_planted(column: str) -> int:
    """Return how many canaries a column holds."""
    return sum(name.startswith(f"{column} ") for name in read_columns())
