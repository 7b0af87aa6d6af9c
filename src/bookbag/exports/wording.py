"""Numbers as mails and pages write them."""

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def format_size(size_bytes: int) -> str:
    """Return a number of bytes in the decimal unit that fits: ``3.0 MB``."""
    number, unit = float(size_bytes), 0
    while number >= 1000 and unit < len(UNITS) - 1:
        number, unit = number / 1000, unit + 1
    digits = 0 if unit == 0 or number >= 100 else 1
    return f"{number:.{digits}f} {UNITS[unit]}"
