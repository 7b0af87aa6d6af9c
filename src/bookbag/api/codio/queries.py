"""What stands behind the question mark of an address."""

from typing import TypeVar

from django.http import HttpRequest

from bookbag.api.errors import RequestInvalidError

FLAGS = {"true": True, "false": False}
Default = TypeVar("Default")


def read_flag(request: HttpRequest, name: str, *, default: Default) -> bool | Default:
    """Return a parameter that is ``true`` or ``false``.

    Raises:
        RequestInvalidError: If it is something else.
    """
    text = request.GET.get(name)
    if text is None:
        return default
    if text not in FLAGS:
        message = f"Found {text[:40]!r}, expected true or false: {name}"
        raise RequestInvalidError(message)
    return FLAGS[text]
