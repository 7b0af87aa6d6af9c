"""Logs, traces and metrics of a real site, read as those who watch it read them."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from prometheus_client.parser import text_string_to_metric_families

from tests.functional.sites import Site, wait_until

TOKEN = "a-token-for-metrics"  # noqa: S105


class Collector(ThreadingHTTPServer):
    """Takes traces as an OpenTelemetry collector does, and keeps them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CollectorHandler)
        self.spans: list[tuple[str, dict[str, str]]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class CollectorHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += [
                    (s.name, {a.key: a.value.string_value for a in s.attributes})
                    for s in scope.spans
                ]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_an_export_shows_in_log_traces_and_metrics(
    empty_site: Site, collector: Collector
) -> None:
    empty_site.settings |= {
        "BOOKBAG_LOG_FORMAT": "json",
        "BOOKBAG_METRICS_TOKEN": TOKEN,
        "BOOKBAG_OTLP_URL": collector.address,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    empty_site.load_sample(students=2)
    empty_site.serve()

    export_id = empty_site.request_export()
    span = ("export", {"bookbag.export_id": export_id})
    wait_until(lambda: span in collector.spans, "the trace of the export")

    assert read_metrics(empty_site)["bookbag_exports"] == 1
    assert ("request", 32) in {
        (name, len(found.get("bookbag.request_id", "")))
        for name, found in collector.spans
    }
    log = (empty_site.folder / "serve.log").read_text("utf-8")
    records = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    ready = [r for r in records if r.get("export_id") == export_id]
    assert ready
    assert {"at", "level", "name", "message"} <= ready[0].keys()


def read_metrics(site: Site) -> dict[str, float]:
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{site.base_url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        text = response.read().decode()
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
