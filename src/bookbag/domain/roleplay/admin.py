"""Role-play in the operator's admin."""

from django.contrib import admin

from bookbag.domain.roleplay.models import Program, RoleplaySession, Scenario


@admin.register(Scenario)
class ScenarioAdmin(admin.ModelAdmin[Scenario]):
    """Scenarios of all workspaces."""

    list_display = ["name", "difficulty", "workspace"]
    list_filter = ["workspace", "difficulty"]
    search_fields = ["name"]


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin[Program]):
    """Programs of all workspaces."""

    list_display = ["name", "workspace"]
    list_filter = ["workspace"]
    search_fields = ["name"]
    autocomplete_fields = ["scenarios", "participants"]


@admin.register(RoleplaySession)
class RoleplaySessionAdmin(admin.ModelAdmin[RoleplaySession]):
    """Sessions; what was said in them is not shown to operators."""

    list_display = ["participant", "scenario", "score", "started_at"]
    list_filter = ["workspace", "is_demo", "is_archived"]
    search_fields = ["participant__email", "scenario__name", "external_id"]
    autocomplete_fields = ["participant", "scenario", "program"]
    exclude = ["feedback", "assignment"]
