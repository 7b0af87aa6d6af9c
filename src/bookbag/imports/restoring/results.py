"""Progress and answers."""

from bookbag.domain.courses.models import Answer, Progress
from bookbag.formats.course_tables import ANSWERS, PROGRESS
from bookbag.formats.strict_json import parse_strictly
from bookbag.imports.restoring.batches import Batch
from bookbag.imports.restoring.ledger import Kind, Outcome
from bookbag.imports.restoring.rows import Row, list_differences, read_moment
from bookbag.imports.restoring.run import RestoreRun
from bookbag.imports.restoring.structure import Assessments
from bookbag.imports.result_files import INSIGHTS_LIMIT

DATES_LIMIT = 10_000
_NOT_OF_PROGRESS = {"assignment_name", "username", "completed_dates", "comments"}
_OF_PROGRESS = tuple(
    column.name for column in PROGRESS.columns if column.name not in _NOT_OF_PROGRESS
)
_OF_ANSWER = ("is_correct", "points", "attempts")
States = dict[tuple[str, str], Progress]
"""By the assignment's name, and the student's user name in lower case."""


def restore_progress(run: RestoreRun) -> States:
    """Make the states of students that are missing."""
    existing = (
        {
            (p.assignment_id, p.student_id): p
            for p in Progress.objects.filter(assignment__course=run.course)
        }
        if run.course.pk
        else {}
    )
    batch = Batch(Progress, is_dry=run.is_dry)
    states: States = {}
    for row in run.iter_rows(PROGRESS, Kind.PROGRESS):
        place = run.find_place(row, Kind.PROGRESS)
        if place is None:
            continue
        key = (row.text("assignment_name"), row.text("username").lower())
        label = f"{row.text('username')} in {key[0]}"
        values, fault = _read_progress(row)
        if fault or key in states:
            reason = fault or "Found it twice, expected it once"
            run.refuse(Kind.PROGRESS, label, reason, row)
            continue
        assignment, student = place
        known = existing.get((assignment.pk, student.pk)) if student.pk else None
        if known is None:
            states[key] = Progress(assignment=assignment, student=student, **values)
            batch.add(states[key])
            run.ledger.note(Kind.PROGRESS, Outcome.CREATE, label, row=row.number)
            continue
        states[key] = known
        differences = list_differences(known, values)
        outcome = Outcome.DIFFERS if differences else Outcome.SAME
        run.ledger.note(Kind.PROGRESS, outcome, label, differences, row.number)
    batch.flush()
    return states


def restore_answers(run: RestoreRun, states: States, assessments: Assessments) -> None:
    """Make the answers that are missing."""
    existing = (
        {
            (a.progress_id, a.assessment_id): a
            for a in Answer.objects.filter(progress__assignment__course=run.course)
        }
        if run.course.pk
        else {}
    )
    batch = Batch(Answer, is_dry=run.is_dry)
    seen: set[tuple[str, str, str]] = set()
    for row in run.iter_rows(ANSWERS, Kind.ANSWERS):
        place, name = row.text("assignment_name"), row.text("assessment")
        key = (place, row.text("username").lower(), name)
        label = f"{row.text('username')} to {name} in {place}"
        progress, assessment = states.get(key[:2]), assessments.get((place, name))
        if progress is None or assessment is None or key in seen:
            run.refuse(Kind.ANSWERS, label, _say_what(progress, assessment), row)
            continue
        seen.add(key)
        values = {name: row.values[name] for name in _OF_ANSWER}
        values["answer"] = row.text("answer")
        known = None
        if progress.pk and assessment.pk:
            known = existing.get((progress.pk, assessment.pk))
        if known is None:
            batch.add(Answer(progress=progress, assessment=assessment, **values))
            run.ledger.note(Kind.ANSWERS, Outcome.CREATE, label, row=row.number)
            continue
        differences = list_differences(known, values)
        outcome = Outcome.DIFFERS if differences else Outcome.SAME
        run.ledger.note(Kind.ANSWERS, outcome, label, differences, row.number)
    batch.flush()


def _say_what(progress: object, assessment: object) -> str:
    if progress is None:
        return "Found no progress of that student there"
    if assessment is None:
        return "Found no such assessment in the assignment"
    return "Found it twice, expected it once"


def _read_progress(row: Row) -> tuple[dict[str, object], str]:
    """Return the fields of a state, or what is wrong with them."""
    values: dict[str, object] = {name: row.values[name] for name in _OF_PROGRESS}
    values["comments"] = row.text("comments")
    insights = row.values["behavioral_insights"]
    if isinstance(insights, int) and insights > INSIGHTS_LIMIT:
        return {}, f"Found {insights}, limit is {INSIGHTS_LIMIT}: behavioral_insights"
    faults: list[str] = []
    dates = row.text("completed_dates")
    found = parse_strictly(dates, lambda what, _line: faults.append(what))
    if not isinstance(found, list) or len(found) > DATES_LIMIT:
        return {}, "Found no list of times, expected one: completed_dates"
    values["completed_dates"] = found
    try:
        for date in found:
            read_moment(date)
    except (ValueError, TypeError, OverflowError):
        return {}, "Found something that is no time with its offset: completed_dates"
    return values, ""
