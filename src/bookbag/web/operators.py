"""The operator's admin: Django's own, with each change in the audit log, too.

Its own history of changes belongs to the operator, who can delete it. The audit log of
the workspaces that a change concerns does not.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record_everywhere
from bookbag.domain.people.models import Member, User, Workspace

if TYPE_CHECKING:
    Base = ModelAdmin[Any]
else:
    Base = object

LEADS_TO_WORKSPACE = ("home", "workspace", "course", "assignment", "user", "account")
"""Attributes by which a thing belongs to something that is in a workspace."""
HIDDEN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "mfa.Authenticator": ("data",),
    "usersessions.UserSession": ("session_key", "data"),
}
"""Fields by whose values somebody could sign in as another person."""
NOT_SHOWN = ("SocialApp", "SocialToken")
"""Tables of libraries that nothing uses here: providers stand in a file (ADR 0114)."""
Change = str | list[dict[str, Any]]
"""What Django notes of a change: sentences, or fields by name and never by value."""


class AuditedAdmin(Base):
    """Records what an operator adds, changes or deletes, and shows no secret.

    Mixed into every admin.
    """

    def get_exclude(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return the fields that nobody is shown."""
        hidden = HIDDEN_FIELDS.get(self.model._meta.label, ())
        return [*(super().get_exclude(request, obj) or ()), *hidden] or None

    def log_addition(self, request: HttpRequest, obj: Model, message: Change) -> Any:
        """Note that something was added."""
        _record([obj], "added", message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Change) -> Any:
        """Note that something was changed."""
        _record([obj], "changed", message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        """Note that something is about to be deleted."""
        _record(queryset, "deleted", "")
        return super().log_deletions(request, queryset)  # type: ignore[arg-type]  # Django itself gives a list, too


class OperatorSite(AdminSite):
    """A site on which nothing is registered without being audited."""

    def register(
        self,
        model_or_iterable: Any,
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register models, whoever does, with an admin that records."""
        models = model_or_iterable
        if isinstance(models, ModelBase) and models.__name__ in NOT_SHOWN:
            return
        chosen = admin_class or ModelAdmin
        audited = type(chosen.__name__, (AuditedAdmin, chosen), {})
        super().register(model_or_iterable, audited, **options)


def find_workspaces(thing: object) -> list[int]:
    """Return the keys of the workspaces that a row of any table belongs to."""
    if isinstance(thing, Workspace):
        return [thing.pk]
    if isinstance(thing, User):
        found = Member.objects.filter(user=thing).order_by("workspace")
        return list(found.values_list("workspace", flat=True))
    for name in LEADS_TO_WORKSPACE:
        part = getattr(thing, name, None)
        if isinstance(part, Model):
            return find_workspaces(part)
    return []


def _record(things: Iterable[Model], deed: str, message: Change) -> None:
    for thing in things:
        if deed == "deleted" and isinstance(thing, Workspace):
            continue  # its log goes with it; one that has entries stays
        record_everywhere(
            find_workspaces(thing),
            Deed(
                act=Act.OPERATED,
                target=f"{thing._meta.verbose_name} {thing}",
                target_key=thing.pk,
                detail=f"{deed} {_describe(message)}".strip(),
            ),
        )


def _describe(message: Change) -> str:
    if isinstance(message, str):
        return message
    return "; ".join(
        f"{act}: {json.dumps(facts, ensure_ascii=False)}" if facts else act
        for part in message
        for act, facts in part.items()
    )
