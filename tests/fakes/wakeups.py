"""A queue that only remembers what was sent to it."""

SENT: list[str] = []


def record_wake_up(export_id: str) -> None:
    SENT.append(export_id)


def refuse_wake_up(export_id: str) -> None:
    message = f"the queue is away: {export_id}"
    raise ConnectionError(message)
