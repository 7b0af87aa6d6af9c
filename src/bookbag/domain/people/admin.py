"""People in the operator's admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from bookbag.domain.people.models import (
    Group,
    GroupMember,
    Member,
    User,
    Workspace,
)


class MemberInline(admin.TabularInline[Member, Workspace]):
    """The members of a workspace."""

    model = Member
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(User)
class BookbagUserAdmin(UserAdmin[User]):
    """Users, with Django's own forms for passwords."""


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin[Workspace]):
    """Workspaces with their members."""

    list_display = ["name", "slug", "created_at"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MemberInline]


class GroupMemberInline(admin.TabularInline[GroupMember, Group]):
    """Who is in a group."""

    model = GroupMember
    extra = 0


@admin.register(Group)
class GroupAdmin(admin.ModelAdmin[Group]):
    """Groups of all workspaces."""

    list_display = ["name", "workspace", "deleted_at"]
    list_filter = ["workspace"]
    search_fields = ["name"]
    inlines = [GroupMemberInline]
