"""The dialects: which kinds of file a table can be written as."""

import enum


class Dialect(enum.Enum):
    """One kind of file; its value is what people and programs ask for.

    Source: ``docs/formats/tables.md``; ADR 0006.
    """

    CSV = "csv"
    """RFC 4180, with the formula guard: for people."""
    CSV_EXACT = "csv-exact"
    """RFC 4180 without the guard: for machines."""
    XLSX = "xlsx"
    """A spreadsheet with typed cells."""
    PARQUET = "parquet"
    """Columns with types, compressed: for analysis."""
    JSONL = "jsonl"
    """One JSON object on each line."""

    @property
    def suffix(self) -> str:
        """How a file's name ends, with the dot."""
        return ".csv" if self.is_csv else f".{self.value}"

    @property
    def media_type(self) -> str:
        """What the file is called in HTTP and in descriptors."""
        return "text/csv" if self.is_csv else _MEDIA_TYPES[self.value]

    @property
    def is_csv(self) -> bool:
        """Whether the file is CSV, guarded or not."""
        return self in (Dialect.CSV, Dialect.CSV_EXACT)

    @property
    def is_guarded(self) -> bool:
        """Whether texts that a spreadsheet would run get an apostrophe."""
        return self is Dialect.CSV


_MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/jsonl",
}
