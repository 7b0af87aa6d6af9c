"""What bodies may hold: one class for each, with every field by its names.

Where Codio's specification and its client name a field differently, both are taken.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from zoneinfo import available_timezones

from django.http import HttpRequest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
)

from bookbag.api.errors import (
    FieldFault,
    RequestInvalidError,
    RequestUnreadableError,
)
from bookbag.domain.teaching.models import EndAction, Visibility
from bookbag.formats.values import check_moment

TEXT_CHARACTERS = 20_000
MOST_MINUTES = 60 * 24 * 366 * 10
Parsed = TypeVar("Parsed")


def _check_text(value: str) -> str:
    if "\0" in value:
        message = "no character of value 0 is allowed"
        raise ValueError(message)
    return value


def _parse_time(value: object) -> object:
    """Return an ISO 8601 text as a time, in UTC where it says nothing else."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        message = "expected a time as ISO 8601 text"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects only these
    moment = datetime.fromisoformat(value)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return check_moment(aware)


def _check_zone(value: str) -> str:
    if value and value not in available_timezones():
        message = f"found {value[:40]!r}, expected a time zone like Europe/Berlin"
        raise ValueError(message)
    return value


Text = Annotated[
    StrictStr, Field(max_length=TEXT_CHARACTERS), AfterValidator(_check_text)
]
Identifier = Annotated[StrictStr, Field(max_length=200), AfterValidator(_check_text)]
Time = Annotated[datetime | None, BeforeValidator(_parse_time)]
Minutes = Annotated[StrictInt, Field(ge=0, le=MOST_MINUTES)]
Percent = Annotated[float, Field(ge=0, le=100)]


class Body(BaseModel):
    """A JSON object; what it does not know is refused by name, never dropped."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CourseInput(Body):
    """A course to make."""

    name: Text
    description: Text = ""
    start: Time = None
    end: Time = None
    timezone: Annotated[Text, AfterValidator(_check_zone)] = ""
    tags: Annotated[list[Text], Field(max_length=100)] = []


class ModuleInput(Body):
    """A module to make."""

    name: Text


class BoxInput(Body):
    """How large a machine is."""

    boxType: Annotated[  # noqa: N815 - the interface's name
        str, Field(pattern=r"^(standard|1gb|2gb|4gb|8gb|16gb|gpu)$")
    ]


class NewAssignmentSettings(Body):
    """What an assignment to make is."""

    name: Text
    description: Text = ""
    image_url: Annotated[
        Text, Field(max_length=2000, validation_alias=AliasChoices("imageUrl"))
    ] = ""
    box: Annotated[
        BoxInput | None, Field(validation_alias=AliasChoices("gigaboxSlot"))
    ] = None


class AssignmentInput(Body):
    """An assignment to make."""

    moduleId: Identifier  # noqa: N815 - the interface's name
    settings: NewAssignmentSettings


class TeacherInput(Body):
    """A teacher to add."""

    userId: Identifier  # noqa: N815 - the interface's name
    readOnly: StrictBool = False  # noqa: N815 - the interface's name


class ExtensionInput(Body):
    """More time for a student; what is left out stays."""

    deadline_minutes: Annotated[
        Minutes | None,
        Field(validation_alias=AliasChoices("extendedDeadline", "deadlineExtension")),
    ] = None
    limit_minutes: Annotated[
        Minutes | None,
        Field(validation_alias=AliasChoices("extendedTimeLimit", "timeLimitExtension")),
    ] = None


class MentorInput(Body):
    """A mentor, and the learners whom they are to see."""

    mentorId: Identifier  # noqa: N815 - the interface's name
    learnerIds: Annotated[list[Identifier], Field(max_length=10_000)]  # noqa: N815


class PenaltiesInput(Body):
    """What handing in late costs."""

    enabled: Annotated[
        StrictBool, Field(validation_alias=AliasChoices("enabled", "enable"))
    ] = False
    deductionIntervalMinutes: Minutes = 0  # noqa: N815 - the interface's name
    deductionPercent: Percent = 0  # noqa: N815 - the interface's name
    lowestGradePercent: Percent = 0  # noqa: N815 - the interface's name


class TimedModeInput(Body):
    """An exam that takes so many minutes."""

    enabled: StrictBool = False
    duration: Minutes = 0


class AddressRangeInput(Body):
    """Where an exam may be written."""

    enabled: StrictBool = False
    range: Text = ""


class ExamModeInput(Body):
    """How an exam is held."""

    timedMode: Annotated[  # noqa: N815 - the interface's name
        TimedModeInput | None,
        Field(validation_alias=AliasChoices("timedMode", "timedExamMode")),
    ] = None
    shuffleQuestionsOrder: StrictBool = False  # noqa: N815 - the interface's name
    forwardOnlyNavigation: StrictBool = False  # noqa: N815 - the interface's name
    singleLogin: StrictBool = False  # noqa: N815 - the interface's name
    authentication: StrictBool = False
    restrictedIPRange: AddressRangeInput | None = None  # noqa: N815


class SettingsInput(Body):
    """Settings of an assignment to change, by field of ``AssignmentSettings``."""

    allows_reset: Annotated[
        StrictBool, Field(validation_alias="enableResetAssignmentByStudent")
    ] = False
    forbids_download: Annotated[
        StrictBool, Field(validation_alias="disableDownloadByStudent")
    ] = False
    when_disabled: Annotated[
        Visibility, Field(validation_alias="visibilityOnDisabled")
    ] = Visibility.READ_ONLY
    when_completed: Annotated[
        Visibility, Field(validation_alias="visibilityOnCompleted")
    ] = Visibility.READ_ONLY
    starts_at: Annotated[
        Time, Field(validation_alias=AliasChoices("startTime", "start"))
    ] = None
    ends_at: Annotated[Time, Field(validation_alias=AliasChoices("endTime", "end"))] = (
        None
    )
    due_at: Annotated[Time, Field(validation_alias=AliasChoices("dueTime", "due"))] = (
        None
    )
    end_action: Annotated[EndAction, Field(validation_alias="action")] = (
        EndAction.COMPLETE
    )
    completes_when_due: Annotated[
        StrictBool, Field(validation_alias="markAsCompleteOnDueDate")
    ] = False
    penalties: Annotated[PenaltiesInput, Field(validation_alias="penaltiesV2")] = (
        PenaltiesInput()
    )
    exam_mode: Annotated[ExamModeInput, Field(validation_alias="examMode")] = (
        ExamModeInput()
    )
    releases_grades: Annotated[StrictBool, Field(validation_alias="releaseGrades")] = (
        False
    )
    is_disabled: Annotated[StrictBool, Field(validation_alias="isDisabled")] = False


def read_body(request: HttpRequest, kind: type[Parsed]) -> Parsed:
    """Return the body of a request, with every fault at once.

    Args:
        request: Of the call.
        kind: A ``Body``, or a list of one.

    Raises:
        RequestUnreadableError: If it is no JSON.
        RequestInvalidError: If a field is missing, unknown or wrong.
    """
    try:
        return TypeAdapter(kind).validate_json(request.body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in faults):
        message = f"Found a body that is no JSON: {faults[0]['msg']}"
        raise RequestUnreadableError(message)
    raise _describe(faults)


def _describe(faults: Sequence[Any]) -> RequestInvalidError:
    listed = [
        FieldFault(
            field=".".join(["body", *(str(part) for part in fault["loc"])]),
            detail=fault["msg"],
        )
        for fault in faults
    ]
    named = "; ".join(f"{fault.field}: {fault.detail}" for fault in listed)
    return RequestInvalidError(f"Found something invalid in {named}", listed)
