"""Loading progress and results: all of a file or nothing, as often as wanted."""

from collections.abc import Sequence

from django.db import transaction

from bookbag.domain.courses.models import Answer, Assessment, Progress
from bookbag.domain.people.models import Workspace
from bookbag.imports.changes import KindChange, RowSync, sync_rows
from bookbag.imports.result_files import ResultRow


@transaction.atomic
def load_results(
    workspace: Workspace, rows: Sequence[ResultRow]
) -> tuple[KindChange, ...]:
    """Load progress and answers; assessments that are new are made, in file order.

    What a file does not say stays as it is.

    Args:
        workspace: Whose courses the rows are of.
        rows: One for each student and assignment.

    Returns:
        What changed, by kind of thing.
    """
    assessments = _sync_assessments(workspace, rows)
    progress = sync_rows(
        Progress,
        kind="progress",
        existing={
            (found.assignment_id, found.student_id): found
            for found in Progress.objects.filter(
                assignment__course__workspace=workspace
            )
        },
        wanted={(row.assignment.pk, row.student_id): row.progress for row in rows},
        make=lambda key: Progress(assignment_id=key[0], student_id=key[1]),
    )
    answers = _sync_answers(workspace, rows, assessments, progress)
    return assessments.change, progress.change, answers.change


def _sync_assessments(
    workspace: Workspace, rows: Sequence[ResultRow]
) -> RowSync[Assessment, tuple[int, str]]:
    existing = {
        (found.assignment_id, found.name): found
        for found in Assessment.objects.filter(assignment__course__workspace=workspace)
    }
    wanted: dict[tuple[int, str], dict[str, object]] = {}
    counts: dict[int, int] = {}
    for assignment_id, _name in existing:
        counts[assignment_id] = counts.get(assignment_id, 0) + 1
    for row in rows:
        for name in row.answers:
            key = (row.assignment.pk, name)
            values = wanted.setdefault(key, {})
            if key not in existing and not values:
                values["position"] = counts.get(key[0], 0)
                counts[key[0]] = counts.get(key[0], 0) + 1
            if name in row.max_points:
                values["max_points"] = row.max_points[name]
    return sync_rows(
        Assessment,
        kind="assessments",
        existing=existing,
        wanted=wanted,
        make=lambda key: Assessment(assignment_id=key[0], name=key[1]),
    )


def _sync_answers(
    workspace: Workspace,
    rows: Sequence[ResultRow],
    assessments: RowSync[Assessment, tuple[int, str]],
    progress: RowSync[Progress, tuple[int, int]],
) -> RowSync[Answer, tuple[int, int]]:
    wanted: dict[tuple[int, int], dict[str, object]] = {}
    for row in rows:
        of_student = progress.rows[row.assignment.pk, row.student_id]
        for name, values in row.answers.items():
            assessment = assessments.rows[row.assignment.pk, name]
            wanted[of_student.pk, assessment.pk] = values
    return sync_rows(
        Answer,
        kind="answers",
        existing={
            (found.progress_id, found.assessment_id): found
            for found in Answer.objects.filter(
                progress__assignment__course__workspace=workspace
            )
        },
        wanted=wanted,
        make=lambda key: Answer(progress_id=key[0], assessment_id=key[1]),
    )
