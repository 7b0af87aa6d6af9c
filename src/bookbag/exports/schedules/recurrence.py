"""When a schedule runs: a rule by the clock of a time zone, as moments.

A rule speaks of the clock on the wall. Twice a year that clock is set, and then, as
calendars do:

- a time that does not exist (the clock jumps over it) counts as long after the last
  time before the jump as it would have without one: 02:30 is 03:30 that night;
- a time that comes twice counts when it comes first;
- two times that become the same moment are one run.

Source: RFC 5545, sections 3.3.5 and 3.8.5.3; ADR 0097.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from bookbag.exports.schedules.rules import Rule

LAST_YEAR = 9000
"""No run is looked for after it; clocks of other zones end with the year 9999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule, with where it starts and whose clock it goes by."""

    rule: Rule
    starts_at: datetime
    """The first possible run on the clock of the zone; without zone."""
    zone: ZoneInfo

    def list_runs(self, after: datetime, limit: int) -> list[datetime]:
        """Return the next runs after a moment, in UTC."""
        return list(islice(self._iter_runs(after), limit))

    def list_missed(self, since: datetime, until: datetime) -> list[datetime]:
        """Return the runs after one moment and up to another, in UTC."""
        missed = []
        for run in self._iter_runs(since):
            if run > until:
                break
            missed.append(run)
        return missed

    def _iter_runs(self, after: datetime) -> Iterator[datetime]:
        last = after
        for wall in self._iter_walls():
            # With fold=0 the offset before the jump counts, and the first of two.
            moment = wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
            if moment > last:
                last = moment
                yield moment

    def _iter_walls(self) -> Iterator[datetime]:
        count = self.rule.get("COUNT")
        endless = rrulestr(
            str(self.rule.without("UNTIL", "COUNT")), dtstart=self.starts_at
        )
        end = self.rule.find_end(self.zone)
        walls: Iterator[datetime] = iter(endless)
        if count is not None:
            walls = islice(walls, int(count))
        return takewhile(
            lambda wall: wall.year <= LAST_YEAR and (end is None or wall <= end), walls
        )
