"""A client of the Codio-compatible API that does what Codio's own client does.

Its addresses, headers, polls and retries are those of ``docs/codio.md``; only its
sleeps are shorter. It knows nothing of Bookbag.
"""

import gzip
import http.client
import json
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

LOCALHOST = "127.0.0.1"
TRIES = 6
SUCCESS = 200
TOO_MANY = 429


class StatusError(Exception):
    """An answer that is not 200, as it came."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body[:200]!r}")
        self.status, self.body = status, body


class ClientError(Exception):
    """What methods raise: the text of the JSON body of an answer that is not 200."""


@dataclass
class Answer:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class CodioTransport:
    """Signs in, sends, tries again, waits for tasks and downloads."""

    oauth: str
    """``https://oauth.<domain>``"""
    api: str
    """``https://octopus.<domain>``"""
    trust: ssl.SSLContext
    sleep: Callable[[float], None] = time.sleep
    poll_seconds: float = 0.15
    """Instead of 500 ms and of 10 s."""
    token: str = ""
    waits: list[float] = field(default_factory=list)
    """How long it waited after each 429."""

    def auth(self, client_id: str, secret: str, method: str = "GET") -> dict[str, Any]:
        query = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
            }
        )
        headers = {"content-length": "0"} if method == "POST" else {}
        url = f"{self.oauth}/api/v1/token?{query}"
        given: dict[str, Any] = json.loads(self.retry(method, url, headers).body)
        self.token = given["access_token"]
        return given

    def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> Answer:
        """Send one request over TLS; names lead to this machine, whatever they are."""
        parts = urlsplit(url)
        if parts.scheme != "https":
            message = f"Protocol {parts.scheme!r} not supported. Expected 'https:'"
            raise TypeError(message)
        name, port = parts.hostname or "", parts.port or 443
        plain = socket.create_connection((LOCALHOST, port), timeout=60)
        connection = http.client.HTTPConnection(name, port)
        connection.sock = self.trust.wrap_socket(plain, server_hostname=name)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            # By hand, because http.client would add headers of its own.
            connection.putrequest(method, target, skip_accept_encoding=True)
            for header, value in headers.items():
                connection.putheader(header, value)
            connection.endheaders(body)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        found = {header.lower(): value for header, value in response.getheaders()}
        if found.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        return Answer(response.status, found, content)

    def retry(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> Answer:
        """Send a request until it is not one too many; only 200 is a success."""
        headers = {"accept-encoding": "br, gzip, deflate", **headers}
        for _ in range(TRIES):
            answer = self.send(method, url, headers, body)
            if answer.status == SUCCESS:
                return answer
            if answer.status != TOO_MANY:
                raise StatusError(answer.status, answer.body)
            if answer.headers["x-ratelimit-dailylimit-remaining"] == "0":
                raise StatusError(answer.status, answer.body)
            milliseconds = int(answer.headers["x-ratelimit-reset"]) / 1_000_000
            self.waits.append(milliseconds / 1000)
            self.sleep(milliseconds / 1000)
        message = "Tries limit exceeded"
        raise ClientError(message)

    def call(self, method: str, path: str, data: object = None) -> Any:
        """Call a method with the bearer and return what its JSON says."""
        url = path if path.startswith("https:") else f"{self.api}/api/v1/{path}"
        headers = {"authorization": f"Bearer {self.token}"}
        body = None
        if method != "GET":
            headers["accept"] = "application/json"
        if data is not None:
            body = json.dumps(data).encode()
            headers |= {
                "content-type": "application/json",
                "content-length": str(len(body)),
            }
        elif method == "POST":
            headers["content-length"] = "0"
        try:
            return json.loads(self.retry(method, url, headers, body).body)
        except StatusError as error:
            raise ClientError(json.dumps(json.loads(error.body))) from error

    def wait_download(self, task: dict[str, Any]) -> str:
        """Follow the task's own address until it is done (protocol A)."""
        while True:
            status = self.call("GET", task["taskUri"])
            if status.get("done"):
                break
            self.sleep(self.poll_seconds)
        if status.get("error"):
            message = f"Task {task['taskId']} failed with an error"
            raise ClientError(message)
        return str(status["url"])

    def wait_export(self, course: str, kind: str, task_id: str) -> dict[str, Any]:
        """Follow the progress of an export by its identifier (protocol B)."""
        path = f"courses/{course}/export/{kind}/progress/{task_id}"
        while True:
            status: dict[str, Any] = self.call("GET", path)
            if status["done"]:
                break
            self.sleep(self.poll_seconds)
        if status.get("error"):
            raise ClientError(status["error"])
        return status

    def download(self, url: str, target: Path) -> Answer:
        """Save whatever an address answers: no bearer, no redirect, any status."""
        answer = self.send("GET", url, {})
        target.write_bytes(answer.body)
        return answer


class CodioClient(CodioTransport):
    """Calls every method of the API."""

    # --- Courses -------------------------------------------------------------------

    def list_courses(
        self, next_token: str = "", archived: bool | None = None
    ) -> dict[str, Any]:
        query = {"nextToken": next_token} if next_token else {}
        if archived is not None:
            query["archived"] = str(archived).lower()
        end = f"?{urlencode(query)}" if query else ""
        found: dict[str, Any] = self.call("GET", f"courses_list{end}")
        return found

    def course_info(self, course: str, *, with_hidden: bool = True) -> dict[str, Any]:
        flag = str(with_hidden).lower()
        path = f"courses/{course}?withHiddenAssignments={flag}"
        return self._flatten(self.call("GET", path))

    def find_by_name(self, name: str, *, with_hidden: bool = True) -> dict[str, Any]:
        flag = str(with_hidden).lower()
        path = f"courses?name={quote_plus(name)}&withHiddenAssignments={flag}"
        return self._flatten(self.call("GET", path))

    def create_course(self, data: dict[str, Any]) -> str:
        return str(self.call("POST", "courses", data)["id"])

    def create_module(self, course: str, name: str) -> str:
        return str(self.call("POST", f"courses/{course}/modules", {"name": name})["id"])

    def create_assignment(self, course: str, data: dict[str, Any]) -> str:
        return str(self.call("POST", f"courses/{course}/assignments", data)["id"])

    def archive(self, course: str) -> str:
        return str(self.call("POST", f"courses/{course}/archive")["archivedDate"])

    def delete_course(self, course: str, *, remove_students: bool = False) -> Any:
        end = "?removeOutdatedStudents=true" if remove_students else ""
        return self.call("DELETE", f"courses/{course}{end}")

    # --- People --------------------------------------------------------------------

    def get_students(self, course: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"courses/{course}/students"))

    def get_teachers(self, course: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"courses/{course}/teachers"))

    def add_teacher(self, course: str, user: str, *, read_only: bool = False) -> None:
        data = {"userId": user, "readOnly": read_only}
        if not self.call("POST", f"courses/{course}/teachers", data)["completed"]:
            raise ClientError("not completed")

    def filter_learners(self, course: str, data: list[dict[str, Any]]) -> Any:
        path = f"courses/{course}/filterLearnersForMentors"
        return self.call("POST", path, data)["completed"]

    def assignment_progress(self, course: str, assignment: str) -> list[dict[str, Any]]:
        path = f"courses/{course}/assignments/{assignment}/students"
        return list(self.call("GET", path))

    def student_progress(self, course: str, student: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"courses/{course}/students/{student}/progress"))

    # --- Assignments ---------------------------------------------------------------

    def get_settings(self, course: str, assignment: str) -> dict[str, Any]:
        path = f"courses/{course}/assignments/{assignment}/settings"
        return dict(self.call("GET", path))

    def update_settings(self, course: str, assignment: str, data: Any) -> Any:
        path = f"courses/{course}/assignments/{assignment}/settings"
        return self.call("POST", path, data)

    def extend_time(self, course: str, assignment: str, student: str, data: Any) -> Any:
        path = f"courses/{course}/assignments/{assignment}/students/{student}"
        return self.call("POST", path, data)

    def publish_archive(
        self, course: str, assignment: str, archive: Path, changelog: str
    ) -> None:
        mark = f"--------------------------{secrets.token_hex(12)}"
        body = _write_form(mark, {"changelog": changelog}, archive)
        headers = {
            "authorization": f"Bearer {self.token}",
            "accept": "application/json",
            "content-type": f"multipart/form-data; boundary={mark}",
            "content-length": str(len(body)),
        }
        url = f"{self.api}/api/v1/courses/{course}/assignments/{assignment}/versions"
        task = json.loads(self.retry("POST", url, headers, body).body)
        while not (status := self.call("GET", task["taskUri"])).get("done"):
            self.sleep(self.poll_seconds)
        if status.get("error"):
            raise ClientError(status["error"])

    # --- Exports -------------------------------------------------------------------

    def download_student_csv(self, course: str, student: str, target: Path) -> Answer:
        url = self.call("GET", f"courses/{course}/students/{student}/export/csv")
        return self.download(url, target)

    def download_assignment_csv(
        self, course: str, assignment: str, target: Path
    ) -> Answer:
        path = f"courses/{course}/assignments/{assignment}/export/csv"
        return self.download(self.call("GET", path), target)

    def download_assessments(
        self, course: str, assignments: str, target: Path
    ) -> Answer:
        path = f"courses/{course}/export/assessments/csv?assignmentIds={assignments}"
        return self.download(self.wait_download(self.call("GET", path)), target)

    def download_student_assignment(
        self, course: str, assignment: str, student: str, target: Path
    ) -> Answer:
        path = f"courses/{course}/assignments/{assignment}/students/{student}/download"
        return self.download(self.wait_download(self.call("GET", path)), target)

    def export_coach(self, course: str) -> str:
        return self.wait_download(self.call("POST", f"courses/{course}/export/coach"))

    def export_llm_proxy(self, course: str) -> str:
        path = f"courses/{course}/export/llmproxy"
        return self.wait_download(self.call("POST", path))

    def create_export(self, course: str, kind: str) -> str:
        """Start an export of ``workdata`` or ``sources`` and return its task."""
        return str(self.call("POST", f"courses/{course}/export/{kind}")["taskId"])

    def get_exports(self, course: str, kind: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"courses/{course}/export/{kind}"))

    def download_export(self, course: str, kind: str, target: Path) -> Answer:
        task_id = self.create_export(course, kind)
        return self.download(self.wait_export(course, kind, task_id)["url"], target)

    @staticmethod
    def _flatten(course: dict[str, Any]) -> dict[str, Any]:
        modules = course["modules"]
        course["assignments"] = [a for module in modules for a in module["assignments"]]
        return course


def _write_form(mark: str, fields: dict[str, str], archive: Path) -> bytes:
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="archive"; '
        f'filename="{archive.name}"\r\nContent-Type: application/gzip\r\n\r\n'
    )
    start = "".join(parts).encode() + head.encode()
    return start + archive.read_bytes() + f"\r\n--{mark}--\r\n".encode()
