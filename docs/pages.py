"""The generated pages, each made from the one place in the code that knows.

A page is either generated as a whole or has generated parts between two comments,
``<!-- generated: NAME -->`` and ``<!-- end -->``; the rest of it is written by hand.
"""

import enum
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, cast

import typer

from bagkit.errors import BagkitError
from bookbag.api.codio.errors import CodioError
from bookbag.api.documentation import render_schema
from bookbag.api.errors import ApiError
from bookbag.cli.app import app
from bookbag.cli.errors import CommandError
from bookbag.cli.exits import EXIT_STATUSES, MEANINGS, exit_status
from bookbag.config.environment import SETTINGS
from bookbag.deliveries.errors import DeliveriesError
from bookbag.domain.access.errors import AccessError
from bookbag.erasure.errors import ErasureError
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.errors import ExportsError
from bookbag.exports.states import TRANSITIONS
from bookbag.imports.errors import ImportsError
from bookbag.imports.projects.states import TRANSITIONS as IMPORT_STEPS
from bookbag.jobs.errors import JobsError, PermanentJobError, RetryableJobError
from bookbag.outbound.errors import OutboundError
from docs.licences import render_licences

ERROR_TREES: tuple[type[Exception], ...] = (
    BagkitError,
    DeliveriesError,
    ErasureError,
    JobsError,
    AccessError,
    ExportsError,
    ImportsError,
    OutboundError,
    ApiError,
    CommandError,
    CodioError,
)
"""The root of each layer's errors."""


class _Parameter(Protocol):
    """What typer knows about one argument or option of a command."""

    param_type_name: str
    name: str
    opts: Sequence[str]
    secondary_opts: Sequence[str]
    required: bool
    default: object
    help: str | None


class _Command(Protocol):
    """What typer knows about one command."""

    help: str
    params: Sequence[_Parameter]


def render_pages(root: Path) -> dict[Path, str]:
    """Return the text of every page that is generated, as a whole or in part."""
    reference = root / "docs" / "reference"
    return {
        reference / "cli.md": render_commands(),
        reference / "settings.md": render_settings(),
        reference / "errors.md": render_errors(),
        reference / "exports.md": render_catalogue(),
        reference / "openapi.json": render_schema(),
        reference / "licences.md": render_licences(),
        **_fill_page(
            root / "docs" / "architecture.md",
            {"states": render_states, "import states": render_import_states},
        ),
        **_fill_page(reference / "glossary.md", {"error codes": render_codes}),
    }


def render_states() -> str:
    """Return the state diagram of an export and its table of transitions."""
    steps = [(s.source.value, s.target.value, s.event.value) for s in TRANSITIONS]
    rows = [
        (
            f"`{step.source.value}`",
            f"`{step.target.value}`",
            f"`{step.event.value}`",
            f"`{step.mail.value}`" if step.mail else "",
        )
        for step in TRANSITIONS
    ]
    table = _table(("from", "to", "event in the history", "mail"), rows)
    return f"{_draw_states(steps)}\n\n{table}"


def render_import_states() -> str:
    """Return the state diagram of an import."""
    return _draw_states(
        [(source.value, target.value, event) for source, target, event in IMPORT_STEPS]
    )


def _draw_states(steps: Sequence[tuple[str, str, str]]) -> str:
    """Return a diagram of steps: source, target, what happened; the first begins."""
    sources = {source for source, _target, _event in steps}
    ends = dict.fromkeys(target for _source, target, _event in steps)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {steps[0][0]}"]
    lines += [f"    {source} --> {target}: {event}" for source, target, event in steps]
    lines += [f"    {end} --> [*]" for end in ends if end not in sources]
    return "\n".join([*lines, "```"])


def render_settings() -> str:
    """Return the page of all settings."""
    rows = [
        (
            f"`{setting.name}`",
            f"`{setting.default}`" if setting.default else "",
            setting.description + (" Never printed." if setting.is_secret else ""),
        )
        for setting in SETTINGS
    ]
    return _page(
        "Settings",
        "Bookbag reads its settings from the environment. `{var}` stands for the "
        "folder of `BOOKBAG_VAR`. `bookbag check` prints what is set and what is "
        "wrong with it, each with the remedy.",
        _table(("variable", "default", "meaning"), rows),
    )


def render_errors() -> str:
    """Return the page of all errors: for each layer a tree and what each class says."""
    parts = []
    for error in ERROR_TREES:
        rows = [_error_row(kind) for kind in iter_tree(error)]
        parts += [
            f"## {error.__module__}",
            f"```text\n{draw_tree(error)}\n```",
            _table(("class", "code", "meaning", "tried again", "exit"), rows),
        ]
    statuses = ", ".join(
        f"{int(status)} for `{kind.__name__}`" for kind, status in EXIT_STATUSES.items()
    )
    return _page(
        "Errors",
        "Every error has a stable code. *Tried again* says whether a worker takes the "
        "job up again by itself when it ended with this error; "
        "errors that say nothing there, and those of the engine, are tried again "
        "until the attempts are used up. *Exit* is the status of a command that ends "
        f"with the error, by the first class that fits: {statuses}; what each says "
        "stands with the [commands](cli.md#exit-statuses).",
        *parts,
    )


def render_codes() -> str:
    """Return every error code with its meaning, in the order of the alphabet."""
    rows = sorted(
        (f"`{_code(kind)}`", _first_line(kind))
        for error in ERROR_TREES
        for kind in iter_tree(error)
    )
    return _table(("code", "meaning"), rows)


def render_catalogue() -> str:
    """Return the page of all exports that people can ask for."""
    rows = [
        (
            f"`{entry.identifier}`",
            str(entry.get_title()),
            entry.scope_kind.value,
            "; ".join(
                f"`{name}`: {option.expected}" for name, option in entry.options.items()
            ),
            "yes" if entry.sends_mail else "no",
        )
        for entry in get_catalogue().values()
    ]
    head = (
        "identifier",
        "title",
        "about",
        "options",
        "mail",
    )
    return _page("Exports", "What can be asked for.", _table(head, rows))


def render_commands() -> str:
    """Return the page of the ``bookbag`` command."""
    parts = []
    for name, command in _iter_commands(typer.main.get_command(app), "bookbag"):
        parts += [f"## {name}", command.help]
        rows = [_parameter_row(parameter) for parameter in command.params]
        if rows:
            parts.append(_table(("argument or option", "default", "meaning"), rows))
    return _page(
        "Commands",
        "`bookbag COMMAND --help` prints the same. Results go to standard output, "
        "progress and errors to standard error. With `--json` a result is one JSON "
        "document, and so is the error of a command that ends with one. Notes, "
        "progress bars and colours are for terminals; `NO_COLOR` takes the colours "
        "away.",
        "## Exit statuses",
        _table(
            ("status", "meaning"),
            [(str(int(status)), meaning) for status, meaning in MEANINGS.items()],
        ),
        *parts,
    )


def _iter_commands(group: object, prefix: str) -> Iterable[tuple[str, _Command]]:
    """Yield every command with its whole name, those of groups included."""
    commands = cast("dict[str, _Command]", getattr(group, "commands", {}))
    for name in sorted(commands):
        yield f"{prefix} {name}", commands[name]
        yield from _iter_commands(commands[name], f"{prefix} {name}")


def iter_tree(error: type[Exception]) -> Iterable[type[Exception]]:
    """Yield a class and all its subclasses, in the order in which they are written."""
    yield error
    for child in _children(error):
        yield from iter_tree(child)


def draw_tree(error: type[Exception]) -> str:
    """Return a class and its subclasses as a tree of lines."""
    return "\n".join([error.__name__, *_iter_branches(error, "")])


def _iter_branches(error: type[Exception], indent: str) -> Iterable[str]:
    children = _children(error)
    for child in children:
        is_last = child is children[-1]
        yield f"{indent}{'└── ' if is_last else '├── '}{child.__name__}"
        yield from _iter_branches(child, indent + ("    " if is_last else "│   "))


def _children(error: type[Exception]) -> list[type[Exception]]:
    # A fake in a test may inherit as well; the tree is that of the layer's module.
    return [c for c in error.__subclasses__() if c.__module__ == error.__module__]


def _error_row(kind: type[Exception]) -> tuple[str, ...]:
    tried_again = "yes" if issubclass(kind, RetryableJobError) else ""
    if issubclass(kind, PermanentJobError):
        tried_again = "no"
    status = str(int(exit_status(kind.__new__(kind))))
    return (
        f"`{kind.__name__}`",
        f"`{_code(kind)}`",
        _first_line(kind),
        tried_again,
        status,
    )


def _code(kind: type[Exception]) -> str:
    return str(getattr(kind, "code", ""))


def _first_line(kind: type[Exception]) -> str:
    return (kind.__doc__ or "").partition("\n")[0].replace("``", "`")


def _parameter_row(parameter: _Parameter) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`", "", parameter.help or ""
    names = ", ".join(
        f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts]
    )
    return names, _default(parameter), parameter.help or ""


def _default(parameter: _Parameter) -> str:
    value = parameter.default
    if parameter.secondary_opts:
        chosen = parameter.opts if value else parameter.secondary_opts
        return f"`{chosen[0]}`"
    if isinstance(value, enum.Enum):
        value = value.value
    return "" if value in (None, "") or value is False else f"`{value}`"


def _fill_page(path: Path, parts: dict[str, Callable[[], str]]) -> dict[Path, str]:
    text = path.read_text(encoding="utf-8")
    for name, render in parts.items():
        begin, end = f"<!-- generated: {name} -->", "<!-- end -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            message = f"Found no {begin!r}, expected one: {path.name!r}"
            raise ValueError(message)
        block = f"{begin}\n\n{render()}\n\n{end}"
        text = pattern.sub(lambda _, block=block: block, text)  # type: ignore[misc]  # bound at once
    return {path: text}


def _page(title: str, introduction: str, *parts: str) -> str:
    note = "<!-- Generated by docs/generate.py; edit the code, then run make docs. -->"
    return "\n\n".join([note, f"# {title}", introduction, *parts]) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
        for line in lines
    )
