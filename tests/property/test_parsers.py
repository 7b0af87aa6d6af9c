"""Whatever bytes come, a parser returns or raises what it documents.

The same targets as those of ``make fuzz``, which tries far more with coverage as its
guide; here a few changed inputs each, and everything that was ever found.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bagkit.errors import ReceiptError
from bagkit.receipt import Receipt
from tests.fuzzing.all_targets import TARGETS
from tests.fuzzing.archives import read_document
from tests.fuzzing.findings import FINDINGS
from tests.property.fuzzed import changed, fuzzing


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_its_own_seeds(name: str) -> None:
    target = TARGETS[name]

    for seed in target.make_seeds():
        target.run(seed)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@fuzzing
def test_changed_inputs_are_read_or_refused(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]

    target.run(data.draw(changed(target.make_seeds(), target.words)))


@pytest.mark.parametrize("what", FINDINGS)
def test_what_was_once_found_is_refused(what: str) -> None:
    name, content = FINDINGS[what]

    TARGETS[name].run(content)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'+00:00"', b'"'),
        (b'"2026-11-22T', b'"2026-13-22T'),
        (b'"title":"CS101: Course Data"', b'"title":101'),
        (b'"problems":0', b'"problems":false'),
        (b'"seal":{"bytes":', b'"seal":{"bytes":-'),
    ],
)
def test_a_receipt_of_other_kinds_of_values_is_refused(
    before: bytes, after: bytes
) -> None:
    document = read_document("receipt.json")
    assert before in document

    with pytest.raises(ReceiptError, match="Found no receipt"):
        Receipt.from_json(document.replace(before, after))
