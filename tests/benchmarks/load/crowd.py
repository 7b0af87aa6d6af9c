"""A crowd: each person is a thread that looks at pages and thinks in between."""

import random
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import httpx

from tests.benchmarks.load.people import Person, Population

THINKING_SECONDS = (10.0, 30.0)
PIECE_BYTES = 1 << 18
DOWNLOAD_BYTES_A_SECOND = 1_000_000
"""Of each download: what somebody's line at home carries."""
TURNS_UNTIL_AN_EXPORT = 20
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
TIMEOUT = 60


class Tally:
    """What everybody waited for, and what went wrong; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.downloaded_bytes = 0
        self.begun_downloads = 0

    def note(self, page: str, seconds: float, fault: str) -> None:
        """Note how long an answer took, and what was wrong with it, if anything."""
        with self._lock:
            self.seconds[page].append(seconds)
            if fault:
                self.errors[f"{page}: {fault}"] += 1

    def add_bytes(self, count: int) -> None:
        """Count bytes of downloads."""
        with self._lock:
            self.downloaded_bytes += count


class Visitor:
    """The browser of one person."""

    def __init__(self, port: int, person: Person, tally: Tally) -> None:
        self._tally = tally
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            cookies={"sessionid": person.session},
            timeout=TIMEOUT,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def look(self, page: str, path: str) -> str:
        """Look at a page and return it."""
        return self._note(page, 200, lambda: self._client.get(path))

    def read_token(self, path: str) -> str:
        """Look at a page and return what its forms prove themselves with."""
        found = TOKEN.search(self.look("course: Admin", path))
        return found[1] if found else ""

    def send(self, page: str, path: str, token: str) -> None:
        """Send a form, as its button does."""
        form = {"csrfmiddlewaretoken": token}
        self._note(page, 302, lambda: self._client.post(path, data=form))

    def download(self, path: str, is_over: threading.Event) -> None:
        """Download a file as slowly as a line carries it."""
        begin, read = time.monotonic(), 0
        with self._client.stream("GET", path) as answer:
            self._tally.note("download: begin", time.monotonic() - begin, "")
            for piece in answer.iter_raw(PIECE_BYTES):
                read += len(piece)
                self._tally.add_bytes(len(piece))
                ahead = read / DOWNLOAD_BYTES_A_SECOND - (time.monotonic() - begin)
                if is_over.wait(max(0.0, ahead)):
                    return
        assert read == int(answer.headers["Content-Length"])

    def _note(self, page: str, expected: int, ask: Callable[[], httpx.Response]) -> str:
        begin = time.perf_counter()
        try:
            answer = ask()
        except httpx.HTTPError as error:
            self._tally.note(page, time.perf_counter() - begin, type(error).__name__)
            return ""
        fault = "" if answer.status_code == expected else str(answer.status_code)
        self._tally.note(page, time.perf_counter() - begin, fault)
        return answer.text


class Crowd:
    """Everybody at once, until it is over."""

    def __init__(self, port: int, population: Population) -> None:
        self.tally = Tally()
        self._port = port
        self._population = population
        self._is_over = threading.Event()
        self._course = f"/courses/{population.course}/"

    @contextmanager
    def running(self, *, people: int, downloads: int) -> Iterator[None]:
        """Let people browse and download while the block runs."""
        chosen = self._population.people[-people:]
        assert len(chosen) == people
        threads = [
            *(threading.Thread(target=self._browse, args=(one,)) for one in chosen),
            *(threading.Thread(target=self._download) for _ in range(downloads)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()

    def _browse(self, person: Person) -> None:
        with closing(Visitor(self._port, person, self.tally)) as visitor:
            self._browse_as(visitor, person)

    def _browse_as(self, visitor: Visitor, person: Person) -> None:
        chance = random.Random(person.session)  # noqa: S311 - no secret
        # Nobody comes at the same moment as everybody else.
        self._is_over.wait(chance.uniform(0, THINKING_SECONDS[1]))
        while not self._is_over.is_set():
            if person.is_teacher and chance.randrange(TURNS_UNTIL_AN_EXPORT) == 0:
                self._ask_for_an_export(visitor, chance)
            else:
                visitor.look(*self._choose_page(person, chance))
            self._is_over.wait(chance.uniform(*THINKING_SECONDS))

    def _choose_page(self, person: Person, chance: random.Random) -> tuple[str, str]:
        pages = {"courses": "/courses/", "course": self._course}
        if person.is_teacher:
            assignment = chance.choice(self._population.assignments)
            pages |= {
                "course: Students": f"{self._course}students/",
                "course: Admin": f"{self._course}admin/",
                "course: exports": f"{self._course}admin/exports/",
                "assignment": f"{self._course}assignments/{assignment}/",
            }
        else:
            pages |= {"my projects": "/projects/", "my data": "/my-data/"}
        return chance.choice(list(pages.items()))

    def _ask_for_an_export(self, visitor: Visitor, chance: random.Random) -> None:
        token = visitor.read_token(f"{self._course}admin/")
        identifier = chance.choice(["course-data", "user-access", "user-access"])
        path = f"{self._course}exports/{identifier}/"
        visitor.send(f"ask: {identifier}", path, token)

    def _download(self) -> None:
        owner = self._population.owner
        with closing(Visitor(self._port, owner, self.tally)) as visitor:
            while not self._is_over.is_set():
                visitor.download(self._population.file_path, self._is_over)
