"""SQL that databases know without Django's help, for what exports read."""

from typing import Any

from django.db.models import CharField, Func, IntegerField, QuerySet, Subquery


class SecondsBetween(Func):
    """Whole seconds from one time to another, each cut to the second.

    Django's own difference of times needs a function that it adds to SQLite, which
    other drivers do not have.
    """

    output_field = IntegerField()
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return the SQL for SQLite."""
        return super().as_sql(
            compiler,
            connection,
            template="(strftime('%%%%s', %(expressions)s))",
            arg_joiner=") - strftime('%%s', ",
            **extra,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return the SQL for PostgreSQL."""
        return super().as_sql(
            compiler,
            connection,
            template="(floor(extract(epoch from %(expressions)s)))::bigint",
            arg_joiner=")) - floor(extract(epoch from ",
            **extra,
        )


class JoinedNames(Subquery):
    """The names that a subquery of one column ``name`` gives, sorted, with commas.

    Shape: None when there is none. Sorted by code points on every database.
    """

    output_field = CharField()
    template = "(SELECT GROUP_CONCAT(sorted.name, ', ') FROM (%(subquery)s) sorted)"

    def __init__(self, names: QuerySet[Any, Any]) -> None:
        super().__init__(names.order_by("name"))

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return the SQL for PostgreSQL, where the order stands in the function."""
        return self.as_sql(
            compiler,
            connection,
            template="(SELECT STRING_AGG(sorted.name, ', ' ORDER BY sorted.name "
            'COLLATE "C") FROM (%(subquery)s) sorted)',
            **extra,
        )
