"""The tables of an archive of course work: written by exports, read by imports.

Columns and their order are public interface; ``docs/formats/archive.md`` lists them.
"""

from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.terms import get_terms

_TEXT: ColumnKind = "string"

ENROLMENTS = TableSchema(
    name="enrolments",
    title="Enrolments",
    description="Everybody who is or was in the course, with their role.",
    columns=(
        Column("username", _TEXT, "The person's user name.", nullable=False),
        Column("email", _TEXT, "The person's e-mail address, where one is known."),
        Column("first_name", _TEXT, "The person's first name."),
        Column("last_name", _TEXT, "The person's last name."),
        Column("role", _TEXT, "Teacher or Student.", nullable=False),
        Column("is_read_only", "boolean", "Whether a teacher may only read."),
        Column("enrolled_at", "datetime", "When the person was enrolled."),
        Column("removed_at", "datetime", "When the person was removed, if so."),
    ),
    primary_key=("username", "role"),
)

ASSIGNMENTS = TableSchema(
    name="assignments",
    title="Assignments",
    description="Every assignment of the course, in order.",
    columns=(
        Column("module_name", _TEXT, "The module it belongs to.", nullable=False),
        Column("assignment_name", _TEXT, "Its name.", nullable=False),
        Column("folder", _TEXT, "Its folder under workspaces.", nullable=False),
        Column("kind", _TEXT, "project or book.", nullable=False),
        Column("book_name", _TEXT, "The book's name, when it is book-based."),
        Column("position", "integer", "Its place in the module, from 0."),
    ),
    primary_key=("assignment_name",),
)

ASSESSMENTS = TableSchema(
    name="assessments",
    title="Assessments",
    description="Every graded question or task of an assignment, in order.",
    columns=(
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("assessment", _TEXT, "Its name.", nullable=False),
        Column("position", "integer", "Its place in the assignment, from 0."),
        Column("max_points", "number", "Points that it is worth."),
    ),
    primary_key=("assignment_name", "assessment"),
)

PROJECTS = TableSchema(
    name="projects",
    title="Projects",
    description="Every student's project, with the stack to open it with.",
    columns=(
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("username", _TEXT, "The student's user name.", nullable=False),
        Column("project_path", _TEXT, "How the platform names it.", nullable=False),
        Column("stack_name", _TEXT, "The stack's name, where one is known."),
        Column("stack_version", _TEXT, "The stack's version, where one is known."),
        Column("created_at", "datetime", "When the project was made."),
    ),
    primary_key=("assignment_name", "username"),
)

PROGRESS = TableSchema(
    name="progress",
    title="Progress",
    description="Every student's state in an assignment, as far as it is known.",
    columns=(
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("username", _TEXT, "The student's user name.", nullable=False),
        Column("started_at", "datetime", "When the student started."),
        Column("completed_dates", _TEXT, "Every time of handing in, a JSON list."),
        Column("seconds_spent", "integer", "Time spent.", unit="seconds"),
        Column("assessments_grade", "number", "The grade of the assessments."),
        Column("script_grade", "number", "The grade that a script gave."),
        Column("teacher_grade", "number", "The grade that a teacher gave."),
        Column("grade_override", "number", "The grade that replaces all others."),
        Column("extra_credit", "number", "Credit on top."),
        Column("final_grade", "number", "The grade that counts."),
        Column("behavioral_insights", "integer", "How conspicuous, from 0 to 5."),
        Column("comments", _TEXT, "The teacher's comments."),
    ),
    primary_key=("assignment_name", "username"),
)

ANSWERS = TableSchema(
    name="answers",
    title="Answers",
    description="What was answered in each assessment.",
    columns=(
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("username", _TEXT, "The student's user name.", nullable=False),
        Column("assessment", _TEXT, "The assessment.", nullable=False),
        Column("answer", _TEXT, "What was answered."),
        Column("is_correct", "boolean", "Whether it is right, if that is known."),
        Column("points", "number", "Points for it."),
        Column("max_points", "number", "Points that it is worth."),
        Column("attempts", "integer", "How often it was tried."),
    ),
    primary_key=("assignment_name", "username", "assessment"),
)


COURSE_TABLES = (ENROLMENTS, ASSIGNMENTS, ASSESSMENTS, PROJECTS, PROGRESS, ANSWERS)
"""What a course is put together from again, with its access data."""


def make_access_schema(
    time_zone: str = "UTC", assignment_column: str = ""
) -> TableSchema:
    """Return the table, with the header that ``BOOKBAG_TERMS`` chooses.

    Args:
        time_zone: By whose clock times are written.
        assignment_column: The header that names an assignment, if not that one.
    """
    return TableSchema(
        name="user_access",
        time_zone=time_zone,
        title="User access",
        description="One row for each log-in, log-out, opening and closing of a "
        "project, oldest first.",
        columns=(
            Column("username", _TEXT, "User name.", nullable=False),
            Column("email", _TEXT, "E-mail address."),
            Column("first_name", _TEXT, "First name."),
            Column("last_name", _TEXT, "Last name."),
            Column("occurred_at", "datetime", "When it happened.", nullable=False),
            Column(
                "access_type",
                _TEXT,
                "Log In, Log Out, Project Open or Project Close.",
                nullable=False,
            ),
            Column(
                assignment_column or get_terms().assignment_column,
                _TEXT,
                "The assignment, or its book; none for log-ins and log-outs.",
            ),
            Column("role", _TEXT, "Teacher or Student, at that time.", nullable=False),
            Column("project_path", _TEXT, "The project; empty for log-ins."),
            Column("ip_address", _TEXT, "Where the person signed in from."),
        ),
    )
