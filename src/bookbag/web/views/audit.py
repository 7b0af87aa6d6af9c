"""*Audit*: who did what in a workspace, for its admins."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bookbag.domain.audit.models import Act, Result
from bookbag.domain.audit.selectors import AuditFilter, list_entries
from bookbag.web.lists import read_page
from bookbag.web.requests import find_administered_workspace

FILTERS = ("search", "act", "result", "since", "until")
AREAS = (
    ("export", _("Exports")),
    ("member", _("Users")),
    ("group", _("Groups")),
    ("course", _("Courses")),
    ("enrolment", _("Enrolments")),
    ("stack", _("Stacks")),
    ("lti", _("LTI")),
    ("account", _("Accounts")),
    ("operator", _("Operators")),
)


@require_safe
@login_required
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """List the entries of a workspace's audit log, newest first."""
    workspace = find_administered_workspace(request, slug)
    chosen = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = list_entries(workspace.pk, AuditFilter(**chosen))
    context = {
        "workspace": workspace,
        "page": read_page(request, found),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "areas": AREAS,
        "acts": Act.choices,
        "results": Result.choices,
    }
    return render(request, "web/audit.html", context)
