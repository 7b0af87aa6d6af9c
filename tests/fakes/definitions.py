"""An export definition whose production a test writes itself."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import (
    READ_ALL,
    READ_CHANGED,
    READING,
    ExportDefinition,
    People,
    Product,
    ProductionContext,
    ReceiptNumbers,
    ScopeKind,
)
from bookbag.exports.catalogue.options import choose_from
from bookbag.exports.catalogue.rights import may_export_course

IDENTIFIER = "fake-data"
CONTENT = b"the exported content"


def produce_content(context: ProductionContext) -> Product:
    context.staged.write_bytes(CONTENT)
    return Product(
        file_name="fake.txt",
        media_type="text/plain",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
        problem_count=1,
        receipt=ReceiptNumbers(
            document=b"{}",
            expected=4,
            present=1,
            empty=1,
            excluded=1,
            failed=1,
            file_count=3,
            payload_bytes=20,
        ),
    )


@contextmanager
def installed_definition(
    produce: Callable[[ProductionContext], Product] = produce_content,
    *,
    sends_mail: bool = True,
) -> Iterator[ExportDefinition]:
    """Put a definition into the catalogue for the time of a test."""
    definition = ExportDefinition(
        identifier=IDENTIFIER,
        scope_kind=ScopeKind.COURSE,
        get_title=lambda: "Fake Data",
        may_request=may_export_course,
        produce=produce,
        people=People.NOWHERE,
        sends_mail=sends_mail,
        options={
            "dialect": choose_from("csv", "csv-exact"),
            READING: choose_from(READ_CHANGED, READ_ALL),
        },
    )
    catalogue = cast("dict[str, ExportDefinition]", get_catalogue())
    catalogue[IDENTIFIER] = definition
    try:
        yield definition
    finally:
        del catalogue[IDENTIFIER]
