"""Names of exported files that every system can write."""

from datetime import date


def format_file_stem(name: str, identifier: str, day: date) -> str:
    """Return the name of an exported file without its end.

    Args:
        name: What it is about, as people call it.
        identifier: Which export or table it is.
        day: Of the data.
    """
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    return f"{safe.strip('-.')[:80] or 'course'}_{identifier}_{day.isoformat()}"
