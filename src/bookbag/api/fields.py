"""Types of fields that every resource uses, with their limits."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
)

from bookbag.formats.values import check_moment

MOST_ID = 2**63 - 1
"""What a column of 64 bits holds."""

Id = Annotated[int, Field(ge=1, le=MOST_ID)]
"""The number of a row."""
ShortText = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]
"""A text of one field; databases take no NUL."""

WorkspaceSlug = Annotated[
    str, StringConstraints(max_length=80, pattern=r"^[-a-zA-Z0-9_]+$")
]
"""The name of a workspace in addresses."""


def _refuse_number(value: object) -> object:
    """Refuse what is no ISO 8601 text: a number could be seconds or milliseconds."""
    try:
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        message = "Found no time, expected ISO 8601 with an offset"
        raise ValueError(message) from error


Moment = Annotated[
    AwareDatetime, BeforeValidator(_refuse_number), AfterValidator(check_moment)
]
"""A time with its offset, as an address has it."""


class PersonRef(Schema):
    """A person, as other things refer to one."""

    id: int
    name: str


def given(**conditions: object) -> dict[str, object]:
    """Return the conditions that were asked for; null is what was not."""
    return {name: value for name, value in conditions.items() if value is not None}
