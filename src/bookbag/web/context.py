"""What every page's frame shows."""

from django.conf import settings
from django.http import HttpRequest

from bookbag.domain.people.models import MemberStatus, User
from bookbag.domain.policies import ADMIN_ROLES
from bookbag.domain.terms import get_terms
from bookbag.exports.reports import list_reports
from bookbag.exports.selectors import list_running_exports

THEMES = ("auto", "light", "dark")


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the values of the page frame."""
    theme = request.COOKIES.get("theme", "auto")
    context: dict[str, object] = {
        "terms": get_terms(),
        "theme": theme if theme in THEMES else "auto",
        "link_days": settings.BOOKBAG_LINK_DAYS,
        "has_providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
        "keeps_mail": settings.BOOKBAG_MODE == "local",
    }
    person = getattr(request, "user", None)
    if isinstance(person, User):
        context |= _find_place(request, person)
        context["running_exports"] = list_running_exports(person)
        reports = list_reports(person)
        context["reports"] = reports
        context["is_generating"] = any(report.is_active for report in reports)
    return context


def _find_place(request: HttpRequest, person: User) -> dict[str, object]:
    """Return the workspace that the page is in, and those to switch to."""
    memberships = list(
        person.memberships.filter(status=MemberStatus.ACTIVE)
        .select_related("workspace")
        .order_by("workspace__name", "pk")
    )
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    here = next((m for m in memberships if m.workspace.slug == slug), None)
    here = here or next(iter(memberships), None)
    return {
        "home_workspace": here.workspace if here else None,
        "is_workspace_admin": here is not None and here.role in ADMIN_ROLES,
        "other_workspaces": [m.workspace for m in memberships if m is not here],
    }
