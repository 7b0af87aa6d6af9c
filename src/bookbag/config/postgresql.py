"""What every connection to PostgreSQL asks for, so that nobody waits for the dead."""

SHORTEST_SILENCE_SECONDS = 10
"""A process may be that slow between two statements when its machine is busy."""
KEEPALIVE_SECONDS, KEEPALIVE_COUNT = 10, 3
CONNECT_SECONDS = 10


def make_postgres_options(lease_seconds: int, wanted: str = "") -> dict[str, str | int]:
    """Return parameters of libpq for a connection (ADR 0134).

    A transaction holds locks. If its host is cut off, or its process is frozen, the
    server ends it after a lease, and those who wait for its locks go on. Either side
    notices within a minute or so that the other's machine is gone.

    Args:
        lease_seconds: How long a worker may give no sign of life.
        wanted: What the environment asks of each session (``PGOPTIONS``); it has the
            last word. libpq forgets it when it is given options.

    Source: PostgreSQL's documentation, sections 20.3.2, 20.11.1 and 34.1.2.
    """
    silence = max(lease_seconds, SHORTEST_SILENCE_SECONDS)
    gone = KEEPALIVE_SECONDS * (KEEPALIVE_COUNT + 1)
    of_session = {
        "idle_in_transaction_session_timeout": f"{silence}s",
        "tcp_keepalives_idle": KEEPALIVE_SECONDS,
        "tcp_keepalives_interval": KEEPALIVE_SECONDS,
        "tcp_keepalives_count": KEEPALIVE_COUNT,
        "tcp_user_timeout": f"{gone}s",
    }
    options = " ".join(f"-c {name}={it}" for name, it in of_session.items())
    return {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": KEEPALIVE_SECONDS,
        "keepalives_interval": KEEPALIVE_SECONDS,
        "keepalives_count": KEEPALIVE_COUNT,
        "tcp_user_timeout": gone * 1000,
        "options": f"{options} {wanted}".strip(),
    }
