"""Keeping a workspace's catalogue of stacks."""

from django.db import transaction

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Stack


@transaction.atomic
def save_stack(stack: Stack) -> None:
    """Add a stack, or keep what was changed of one."""
    stack.save()
    _record(Act.STACK_SAVED, stack)


@transaction.atomic
def delete_stack(stack: Stack) -> None:
    """Delete a stack.

    Raises:
        ProtectedError: If a project uses it.
    """
    _record(Act.STACK_DELETED, stack)
    stack.delete()


def _record(act: Act, stack: Stack) -> None:
    deed = Deed(act=act, target=stack, target_key=stack.pk)
    record(stack.workspace_id, deed)
