"""*Stacks*: the catalogue of a workspace, kept by its admins."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookbag.domain.courses.models import Stack
from bookbag.domain.courses.stacks import delete_stack, save_stack
from bookbag.web.forms import StackForm
from bookbag.web.requests import find_administered_workspace


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def stacks(request: HttpRequest, slug: str) -> HttpResponse:
    """List the stacks of a workspace, and add one."""
    workspace = find_administered_workspace(request, slug)
    form = StackForm(request.POST or None, instance=Stack(workspace=workspace))
    if request.method == "POST" and form.is_valid():
        save_stack(form.save(commit=False))
        messages.success(request, _("The stack was added."))
        return redirect("stacks", slug=slug)
    found = Stack.objects.filter(workspace=workspace)
    context = {
        "workspace": workspace,
        "form": form,
        "stacks": found.annotate(project_count=Count("projects")),
    }
    return render(request, "web/stacks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def stack(request: HttpRequest, slug: str, stack_id: int) -> HttpResponse:
    """Show a stack, and change it."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(Stack, workspace=workspace, pk=stack_id)
    form = StackForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        save_stack(form.save(commit=False))
        messages.success(request, _("The stack was changed."))
        return redirect("stacks", slug=slug)
    context = {"workspace": workspace, "form": form, "stack": found}
    return render(request, "web/stack.html", context)


@require_POST
@login_required
def delete(request: HttpRequest, slug: str, stack_id: int) -> HttpResponse:
    """Delete a stack that no project uses."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(Stack, workspace=workspace, pk=stack_id)
    try:
        delete_stack(found)
    except ProtectedError as error:
        text = _("Found %(count)s projects with %(stack)s, expected none: it stays.")
        facts = {"count": len(error.protected_objects), "stack": str(found)}
        messages.error(request, text % facts)
    else:
        messages.success(request, _("The stack was deleted."))
    return redirect("stacks", slug=slug)
