import itertools

import pytest

from bookbag.exports.errors import TransitionError
from bookbag.exports.states import TRANSITIONS, ExportState, get_transition

ALLOWED = {(step.source, step.target) for step in TRANSITIONS}


@pytest.mark.parametrize(
    ("source", "target"),
    [pair for pair in itertools.product(ExportState, repeat=2) if pair not in ALLOWED],
)
def test_a_step_that_the_table_lacks_is_refused(
    source: ExportState, target: ExportState
) -> None:
    with pytest.raises(TransitionError) as caught:
        get_transition(source, target)

    assert caught.value.code == "export_transition_refused"
    assert str(caught.value) == (
        f"Found an export that is {source}, which cannot become {target}"
    )


def test_only_ready_and_failed_send_mail() -> None:
    mailing = {step.target for step in TRANSITIONS if step.mail is not None}

    assert mailing == {ExportState.READY, ExportState.FAILED}


def test_nothing_leads_out_of_an_end() -> None:
    ends = {ExportState.FAILED, ExportState.CANCELLED, ExportState.EXPIRED}

    assert not [step for step in TRANSITIONS if step.source in ends]
