"""What log records and traces say beside their message: which request, which export.

The lowest layer: it knows nothing of Bookbag, so that every layer may use it.
"""

from bookbag.observing.addresses import AddressFilter, describe_page
from bookbag.observing.context import ContextFilter, bind_context, iter_context
from bookbag.observing.tracing import observe

__all__ = [
    "AddressFilter",
    "ContextFilter",
    "bind_context",
    "describe_page",
    "iter_context",
    "observe",
]
