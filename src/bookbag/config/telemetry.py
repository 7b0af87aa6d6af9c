"""Sending traces to an OpenTelemetry collector, when the site names one.

Started in each process by itself, after it was forked: the sender is a thread, and
threads do not survive a fork.
"""

from django.conf import settings
from django.utils.module_loading import import_string
from opentelemetry import trace

EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def start_tracing(process: str) -> None:
    """Send the spans of this process to ``BOOKBAG_OTLP_URL``, if it is set.

    Args:
        process: What the process is: ``web`` or ``worker``.
    """
    if not settings.BOOKBAG_OTLP_URL:
        return
    # By name, because these packages are an extra that most sites do not install.
    sdk = "opentelemetry.sdk"
    resource = import_string(f"{sdk}.resources.Resource").create(
        {"service.name": "bookbag", "service.instance.id": process}
    )
    exporter = import_string(f"{EXPORTER}.OTLPSpanExporter")
    provider = import_string(f"{sdk}.trace.TracerProvider")(resource=resource)
    provider.add_span_processor(
        import_string(f"{sdk}.trace.export.BatchSpanProcessor")(
            exporter(endpoint=f"{settings.BOOKBAG_OTLP_URL.rstrip('/')}/v1/traces")
        )
    )
    trace.set_tracer_provider(provider)
