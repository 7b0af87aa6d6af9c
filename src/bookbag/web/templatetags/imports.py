"""How pages show how far imports are."""

from django import template

from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.states import ImportState

register = template.Library()

LOOKS = {
    ImportState.UPLOADING: ("clock", "accent still"),
    ImportState.UPLOADED: ("clock", "quiet"),
    ImportState.CHECKING: ("spinner", "accent"),
    ImportState.CHECKED: ("clock", "accent still"),
    ImportState.CHOSEN: ("clock", "quiet"),
    ImportState.IMPORTING: ("spinner", "accent"),
    ImportState.DONE: ("check", "success"),
    ImportState.FAILED: ("alert", "danger"),
    ImportState.CANCELLED: ("stop", "quiet"),
    ImportState.EXPIRED: ("clock", "quiet"),
}


@register.inclusion_tag("web/components/status.html")
def import_status(job: ProjectImport) -> dict[str, object]:
    """Show an import's state as an icon and a word."""
    state = ImportState(job.state)
    icon_name, look = LOOKS[state]
    return {"label": state.label, "icon_name": icon_name, "look": look}
