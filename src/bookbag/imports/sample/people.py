"""The people of the sample course."""

import csv
import io
from dataclasses import dataclass

ROSTER_COLUMNS = ("username", "email", "first_name", "last_name", "role")

TEACHERS = (
    ("grace.mbeki", "Grace", "Mbeki", "Teacher"),
    ("joao.conceicao", "João", "Conceição", "Teacher"),
    ("ruth.lindqvist", "Ruth", "Lindqvist", "Read-only Teacher"),
)

# Each name with the spelling that its user name is made of.
FIRST_NAMES = (
    ("Amara", "amara"),
    ("Björn", "bjorn"),
    ("Chloé", "chloe"),
    ("Đặng", "dang"),
    ("Elif", "elif"),
    ("Farid", "farid"),
    ("Gülay", "gulay"),
    ("Håkon", "hakon"),
    ("Irène", "irene"),
    ("Jörg", "jorg"),
    ("Κώστας", "kostas"),
    ("Łucja", "lucja"),
    ("美咲", "misaki"),
    ("Noah", "noah"),
    ("Ольга", "olga"),
    ("Priya", "priya"),
    ("Quentin", "quentin"),
    ("Róisín", "roisin"),
    ("Šárka", "sarka"),
    ("Tomás", "tomas"),
    ("Uzoma", "uzoma"),
    ("Věra", "vera"),
    ("伟", "wei"),
    ("Xóchitl", "xochitl"),
    ("Yusuf", "yusuf"),
    ("Zoë", "zoe"),
    ("Anne-Marie", "anne-marie"),
    ("مریم", "maryam"),
    ("דניאל", "daniel"),
    ("Siobhán", "siobhan"),
)
LAST_NAMES = (
    ("Okafor", "okafor"),
    ("Sørensen", "sorensen"),
    ("Lefèvre", "lefevre"),
    ("Nguyễn", "nguyen"),
    ("Çelik", "celik"),
    ("O'Brien", "obrien"),
    ("Müller-Groß", "mueller-gross"),
    ("Ålesund", "alesund"),
    ("de la Cruz", "delacruz"),
    ("Weiß", "weiss"),
    ("Παπαδόπουλος", "papadopoulos"),
    ("Wójcik", "wojcik"),
    ("田中", "tanaka"),
    ("Smith", "smith"),
    ("Иванова", "ivanova"),
    ("Raghunathan", "raghunathan"),
    ("Dubois", "dubois"),
    ("Ní Bhriain", "nibhriain"),
    ("Dvořáková", "dvorakova"),
    ("Ferreira", "ferreira"),
    ("Adeyemi", "adeyemi"),
    ("Černý", "cerny"),
    ("王", "wang"),
    ("Hernández", "hernandez"),
    ("Demir", "demir"),
    ("van den Berg", "vandenberg"),
    ("Jones", "jones"),
    ("حسینی", "hosseini"),
    ("כהן", "cohen"),
    ("Kaur, PhD", "kaur"),
    ("Þórsdóttir", "thorsdottir"),
)
# 30 and 31 names have no common divisor, so 930 students have names of their own.


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePerson:
    """One person of the sample roster."""

    username: str
    """Unique, ASCII."""
    first_name: str
    """In the script that the person uses."""
    last_name: str
    """In the script that the person uses."""
    role: str
    """As the roster writes it."""

    @property
    def email(self) -> str:
        """An address of a domain that no mail can reach (RFC 2606)."""
        return f"{self.username}@school.example"


def make_teachers() -> list[SamplePerson]:
    """Return the course's teachers, one of them read-only."""
    return [
        SamplePerson(username=username, first_name=first, last_name=last, role=role)
        for username, first, last, role in TEACHERS
    ]


def make_students(count: int) -> list[SamplePerson]:
    """Return that many students, the same ones every time."""
    return [_make_student(number) for number in range(count)]


def _make_student(number: int) -> SamplePerson:
    first_name, first_ascii = FIRST_NAMES[number % len(FIRST_NAMES)]
    last_name, last_ascii = LAST_NAMES[number % len(LAST_NAMES)]
    namesakes = number // (len(FIRST_NAMES) * len(LAST_NAMES))
    suffix = str(namesakes + 1) if namesakes else ""
    return SamplePerson(
        username=f"{first_ascii}.{last_ascii}{suffix}",
        first_name=first_name,
        last_name=last_name,
        role="Student",
    )


def format_roster(people: list[SamplePerson]) -> bytes:
    """Return the roster as CSV: UTF-8, RFC 4180."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(ROSTER_COLUMNS)
    writer.writerows(
        (person.username, person.email, person.first_name, person.last_name,
         person.role)
        for person in people
    )  # fmt: skip
    return text.getvalue().encode()
