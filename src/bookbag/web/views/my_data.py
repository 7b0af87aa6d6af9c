"""*My data*: take out what is kept of oneself, and see who took it out."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookbag.domain.people.models import MemberStatus, Workspace
from bookbag.exports.disclosures import list_disclosures
from bookbag.exports.selectors import list_own_exports
from bookbag.web.requests import get_person


@require_safe
@login_required
def my_data(request: HttpRequest) -> HttpResponse:
    """Show a person's own exports, and every export that contained them."""
    person = get_person(request)
    workspaces = Workspace.objects.filter(
        members__user=person, members__status=MemberStatus.ACTIVE
    )
    context = {
        "workspaces": workspaces,
        "exports": list_own_exports(person),
        "disclosures": list_disclosures(person),
    }
    return render(request, "web/my_data.html", context)
