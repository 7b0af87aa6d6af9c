"""Settings of those who watch over a site: logs, metrics, traces."""

import importlib.util

from bookbag.config.environment.checks import any_text, one_of, url
from bookbag.config.environment.model import Setting


def _collector(value: str) -> str | None:
    if not value:
        return None
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        return (
            "Found an address for traces, expected the extra bookbag[tracing] with it"
        )
    return url("http", "https")(value)


WATCHING: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_LOG_LEVEL",
        default="INFO",
        description="How much the log says: DEBUG, INFO, WARNING or ERROR.",
        check=one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Setting(
        name="BOOKBAG_LOG_FORMAT",
        default="text",
        description="How the log looks: text for people, json for programs, one object "
        "a line with request_id and export_id.",
        check=one_of("text", "json"),
    ),
    Setting(
        name="BOOKBAG_METRICS_TOKEN",
        default="",
        description="The bearer token that /metrics asks for; without one there is no "
        "/metrics.",
        check=any_text,
        is_secret=True,
    ),
    Setting(
        name="BOOKBAG_OTLP_URL",
        default="",
        description="The OpenTelemetry collector that traces go to, like "
        "http://127.0.0.1:4318; needs the extra: pip install 'bookbag[tracing]'.",
        check=_collector,
    ),
)
