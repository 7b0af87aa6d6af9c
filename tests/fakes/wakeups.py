"""A queue that only remembers what was sent to it."""

SENT: list[str] = []


def record_wake_up(_kind: str, job_id: str) -> None:
    SENT.append(job_id)


def refuse_wake_up(kind: str, job_id: str) -> None:
    message = f"the queue is away: {kind} {job_id}"
    raise ConnectionError(message)
