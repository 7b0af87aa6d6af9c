"""Times as text: ISO 8601 with an offset, to the microsecond.

Whole columns at once: ``strftime`` costs fifteen times as much as a cast. Offsets of a
zone are looked up once for each quarter of an hour that a column has, because zones
change theirs at such times only; Arrow's own zones need files that a server may lack.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

DEFAULT_ZONE = "UTC"
_NAIVE = pa.timestamp("us")
_AWARE = pa.timestamp("us", DEFAULT_ZONE)
_MINUTE_MICROSECONDS = 60_000_000
_QUARTER_MICROSECONDS = 15 * _MINUTE_MICROSECONDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)
_TWO_DAYS = timedelta(days=2)
_FIRST_QUARTER = (datetime.min.replace(tzinfo=UTC) + _TWO_DAYS - _EPOCH) // _QUARTER
_LAST_QUARTER = (datetime.max.replace(tzinfo=UTC) - _TWO_DAYS - _EPOCH) // _QUARTER


def format_times(times: pa.Array) -> pa.Array:
    """Return times as texts like ``2026-11-23T10:00:00.000000+00:00``.

    Shape: the wall clock and offset of the zone that the array's type names.
    """
    if times.type.tz == DEFAULT_ZONE:
        return _join(times.cast(_NAIVE), "+00:00")
    minutes = find_offsets(times)
    texts = pa.array(
        [None if m is None else _format_offset(m) for m in minutes.to_pylist()],
        pa.string(),
    )
    return _join(to_wall_clock(times, minutes), texts)


def find_offsets(times: pa.Array) -> pa.Array:
    """Return how far the zone of each time is from UTC.

    Units: minutes; offsets of long ago are cut to them, and the two days at each end
    of Python's calendar count as UTC.
    """
    quarters = pc.divide(
        pc.subtract(times.cast(pa.int64()), _place_in_quarter(times)),
        _QUARTER_MICROSECONDS,
    )
    encoded = quarters.dictionary_encode()
    zone = ZoneInfo(times.type.tz)
    found = [_find_offset(zone, quarter) for quarter in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.int64()).take(encoded.indices)


def to_wall_clock(times: pa.Array, offsets: pa.Array) -> pa.Array:
    """Return what clocks of the zone show, as times without a zone.

    Args:
        times: Moments.
        offsets: What ``find_offsets`` returned for them.
    """
    moved = pc.multiply(offsets, _MINUTE_MICROSECONDS)
    return pc.add(times.cast(pa.int64()), moved).cast(_NAIVE)


def from_wall_clock(wall: int, zone_name: str) -> int:
    """Return the moment at which clocks of a zone showed something, the first if twice.

    Units: microseconds since 1970, by the clock of the zone and by that of UTC.
    """
    if zone_name == DEFAULT_ZONE:
        return wall
    quarter = wall // _QUARTER_MICROSECONDS
    if not _FIRST_QUARTER <= quarter <= _LAST_QUARTER:
        return wall
    shown = (_EPOCH + timedelta(microseconds=wall)).replace(tzinfo=ZoneInfo(zone_name))
    offset = shown.utcoffset() or timedelta()
    return wall - int(offset.total_seconds() // 60) * _MINUTE_MICROSECONDS


def parse_times(texts: pa.Array) -> pa.Array:
    """Return the times of ``format_times``.

    Raises:
        pyarrow.ArrowInvalid: If a text is no time with an offset.
    """
    return texts.cast(_AWARE)


def _place_in_quarter(times: pa.Array) -> pa.Array:
    moments = times.cast(pa.int64())
    # Rounds down before 1970 too, where division rounds up.
    rest = pc.subtract(
        moments,
        pc.multiply(pc.divide(moments, _QUARTER_MICROSECONDS), _QUARTER_MICROSECONDS),
    )
    is_before = pc.less(rest, 0)
    return pc.if_else(is_before, pc.add(rest, _QUARTER_MICROSECONDS), rest)


def _find_offset(zone: ZoneInfo, quarter: int) -> int:
    if not _FIRST_QUARTER <= quarter <= _LAST_QUARTER:
        return 0
    moment = _EPOCH + quarter * _QUARTER
    offset = moment.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def _format_offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _join(wall: pa.Array, offsets: pa.Array | str) -> pa.Array:
    texts = wall.cast(pa.string()).cast(pa.binary())
    parted = pc.binary_replace_slice(texts, 10, 11, b"T").cast(pa.string())
    return pc.binary_join_element_wise(parted, offsets, "")
