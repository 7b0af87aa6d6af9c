"""Settings of an organisation: its words, and how long it keeps things."""

from bookbag.config.environment.checks import names, one_of, rank_scale, whole_number
from bookbag.config.environment.model import Setting

ORGANISATION: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_TERMS",
        default="course",
        description="What pages, mails and CSV headers say: course or class.",
        check=one_of("course", "class"),
    ),
    Setting(
        name="BOOKBAG_SEAT_TYPES",
        default="Full,Basic,Exec Staff",
        description="Seat types that members can have, comma-separated; the first is "
        "what new members get.",
        check=names,
    ),
    Setting(
        name="BOOKBAG_RANKS",
        default="A=90,B=75,C=50,D=0",
        description="The scale that gives a session its rank: each name with the "
        "least score for it.",
        check=rank_scale,
    ),
    Setting(
        name="BOOKBAG_ACCESS_DAYS",
        default="183",
        description="Days that access events are kept and exported, 6 months at most.",
        check=whole_number(1, 183),
    ),
    Setting(
        name="BOOKBAG_SESSION_DAYS",
        default="0",
        description="Days that role-play sessions are kept; 0 until they are deleted.",
        check=whole_number(0, 36_500),
    ),
    Setting(
        name="BOOKBAG_EXPORT_RECORD_DAYS",
        default="0",
        description="Days that records and receipts of exports are kept after their "
        "end; 0 for ever. My data shows exports as long as they are kept.",
        check=whole_number(0, 36_500),
    ),
    Setting(
        name="BOOKBAG_MAIL_DAYS",
        default="0",
        description="Days that records of mails that left, and of uploads and imports "
        "that ended, are kept; 0 for ever.",
        check=whole_number(0, 36_500),
    ),
    Setting(
        name="BOOKBAG_UNDO_DAYS",
        default="30",
        description="Days that a deleted course can be brought back; then its rows and "
        "copied files are removed.",
        check=whole_number(1, 365),
    ),
)
