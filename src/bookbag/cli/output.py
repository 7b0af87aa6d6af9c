"""Where commands print: results on standard output, everything else on the other."""

from rich.console import Console

results = Console(highlight=False, soft_wrap=True)
"""For what the person asked for."""
errors = Console(stderr=True, highlight=False, soft_wrap=True)
"""For progress, warnings and errors."""
