"""``bookbag retention``: what is kept how long, and since when the oldest is."""

from rich.table import Table

from bookbag.cli.output import JsonOption, present, results
from bookbag.erasure.clock import KeptNow, list_kept


def retention(as_json: JsonOption = False) -> None:
    """Print what is kept how long, how much of it there is, and since when."""
    kept = list_kept()
    document = {
        now.kind.name: {
            "days": now.days,
            "setting": now.kind.setting,
            "count": now.count,
            "oldest_at": None if now.oldest_at is None else now.oldest_at.isoformat(),
        }
        for now in kept
    }
    present(document, lambda: _tell(kept))


def _tell(kept: list[KeptNow]) -> None:
    table = Table("What", "Days", "Setting", "Rows", "Oldest")
    for now in kept:
        oldest = "" if now.oldest_at is None else f"{now.oldest_at:%Y-%m-%d}"
        days = str(now.days) if now.days else "until deleted"
        table.add_row(
            str(now.kind.label), days, now.kind.setting, f"{now.count:,}", oldest
        )
    results.print(table)
