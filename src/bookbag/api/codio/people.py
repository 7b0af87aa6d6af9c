"""Students, teachers and mentors of a course, and how far students are."""

from bookbag.api.codio.calls import Call
from bookbag.api.codio.inputs import MentorInput, TeacherInput, read_body
from bookbag.api.codio.lookups import (
    find_assignment,
    find_changed_course,
    find_course,
    find_member,
    find_student,
    find_teacher,
)
from bookbag.api.codio.shapes import (
    Json,
    show_person,
    show_state_of_assignment,
    show_state_of_student,
)
from bookbag.domain.courses.making import set_teacher
from bookbag.domain.policies import is_owner
from bookbag.domain.teaching.selectors import (
    list_present_students,
    list_present_teachers,
    list_states_of_assignment,
    list_states_of_student,
)
from bookbag.domain.teaching.services import set_learners


def list_students(call: Call, course_id: str) -> list[Json]:
    """Return the students who are in a course."""
    course = find_course(call, course_id)
    return [show_person(person) for person in list_present_students(course)]


def list_teachers(call: Call, course_id: str) -> list[Json]:
    """Return the teachers who are in a course."""
    course = find_course(call, course_id)
    return [show_person(person) for person in list_present_teachers(course)]


def add_teacher(call: Call, course_id: str) -> Json:
    """Make a member of the workspace a teacher; an owner is never a read-only one."""
    course = find_changed_course(call, course_id)
    wanted = read_body(call.request, TeacherInput)
    person = find_member(call, wanted.userId)
    is_read_only = wanted.readOnly and not is_owner(person, call.workspace)
    set_teacher(course, person, is_read_only=is_read_only)
    return {"completed": True}


def show_progress(call: Call, course_id: str, student_id: str) -> list[Json]:
    """Return how far a student is in every assignment."""
    course = find_course(call, course_id)
    states = list_states_of_student(course, find_student(course, student_id))
    return [show_state_of_assignment(state) for state in states]


def list_progress(call: Call, course_id: str, assignment_id: str) -> list[Json]:
    """Return how far every student is in an assignment."""
    assignment = find_assignment(find_course(call, course_id), assignment_id)
    states = list_states_of_assignment(assignment)
    return [show_state_of_student(state) for state in states]


def filter_learners(call: Call, course_id: str) -> Json:
    """Say which learners mentors see; everybody is looked up before any is changed."""
    course = find_changed_course(call, course_id)
    wanted = read_body(call.request, list[MentorInput])
    found = [
        (
            find_teacher(course, one.mentorId),
            [find_student(course, learner) for learner in one.learnerIds],
        )
        for one in wanted
    ]
    for mentor, learners in found:
        set_learners(course, mentor, learners)
    return {"completed": True}
