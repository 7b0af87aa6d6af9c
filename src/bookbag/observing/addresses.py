"""Which page was asked for, without its address: addresses hold tokens."""

import logging
from typing import Any

NO_PAGE = "(no page)"


def describe_page(request: Any) -> str:
    """Return the name of the page that a request asks for, or its pattern."""
    match = getattr(request, "resolver_match", None)
    return NO_PAGE if match is None else match.view_name or match.route


class AddressFilter(logging.Filter):
    """Puts the page's name where Django logs the address of a request.

    Django names the address of each request that is refused or fails, and hands the
    request itself on, which formatters write down with its address.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the address away; every record passes."""
        request = getattr(record, "request", None)
        if request is None:
            return True
        path = getattr(request, "path", None)
        page = describe_page(request)
        if isinstance(record.args, tuple):
            record.args = tuple(page if arg == path else arg for arg in record.args)
        del vars(record)["request"]
        return True
