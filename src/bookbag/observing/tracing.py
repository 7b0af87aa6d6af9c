"""Spans for OpenTelemetry: nothing is recorded unless the site asks for it.

The OpenTelemetry API does nothing by itself; ``config.telemetry`` gives it a provider
when ``BOOKBAG_OTLP_URL`` is set.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace

from bookbag.observing.context import bind_context

_TRACER = trace.get_tracer("bookbag")


@contextmanager
def observe(work: str, **names: str) -> Iterator[None]:
    """Observe a piece of work: a span of that name, and log records with its names.

    Args:
        work: What is done, such as ``export`` or ``request``.
        names: Ids that log records and the span carry.
    """
    attributes = {f"bookbag.{name}": value for name, value in names.items()}
    with (
        bind_context(**names),
        _TRACER.start_as_current_span(work, attributes=attributes),
    ):
        yield
