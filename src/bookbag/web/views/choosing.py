"""*Export with options*: one page for whatever can be exported, with every option."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from bookbag.deliveries.selectors import list_usable_targets
from bookbag.exports.catalogue import get_definition
from bookbag.exports.selectors import list_options
from bookbag.web.option_forms import OptionsForm
from bookbag.web.requests import find_workspace, get_person
from bookbag.web.scopes import list_siblings, read_what
from bookbag.web.views.starting import lead_on, start


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the options of the export that the address names, and ask for it."""
    workspace = find_workspace(request, slug)
    what = request.GET.get("what", "")
    identifier, scope = read_what(request, slug, what)
    person = get_person(request)
    options = list_options(person, identifier, scope)
    proposed = {name: request.GET[name] for name in options if name in request.GET}
    form = OptionsForm(request.POST or None, options=options, chosen=proposed)
    if request.method == "POST" and form.is_valid():
        started = start(request, identifier, scope, form.options())
        if started is not None:
            return lead_on(request, started, scope)
    context = {
        "workspace": workspace,
        "course": scope.course,
        "project": scope.project,
        "subject": scope.subject,
        "title": get_definition(identifier).get_title(),
        "scope_name": scope.name,
        "what": what,
        "siblings": list_siblings(person, scope, what),
        "form": form,
        "purpose": request.POST.get("purpose", ""),
        "targets": list_usable_targets(
            person, workspace, is_teacher=scope.course is not None
        ),
    }
    return render(request, "web/export_options.html", context)
