from pathlib import Path

from bookbag.config.environment import SETTINGS, read_environment


def test_every_setting_has_a_usable_default() -> None:
    environment = read_environment({})

    assert environment.faults == ()
    assert set(environment.values) == {setting.name for setting in SETTINGS}


def test_defaults_lie_in_the_var_folder(tmp_path: Path) -> None:
    environment = read_environment({"BOOKBAG_VAR": str(tmp_path)})

    assert environment.text("DATABASE_URL") == f"sqlite:///{tmp_path}/bookbag.sqlite3"
    assert environment.path("BOOKBAG_WORKSPACES") == tmp_path / "workspaces"


def test_it_reports_all_faults_at_once() -> None:
    environment = read_environment(
        {
            "BOOKBAG_LINK_DAYS": "soon",
            "BOOKBAG_TERMS": "lesson",
            "DATABASE_URL": "mysql://db",
            "BOOKBAG_CODIO_API_HOST": "https://octopus.example.edu",
        }
    )

    assert [(fault.name, fault.problem) for fault in environment.faults] == [
        ("DATABASE_URL", "Found an address with scheme 'mysql', expected "
         "sqlite:, postgresql:, postgres:"),
        ("BOOKBAG_TERMS", "Found 'lesson', expected one of course, class"),
        ("BOOKBAG_LINK_DAYS", "Found 'soon', expected a whole number from 1 to 365"),
        ("BOOKBAG_CODIO_API_HOST", "Found 'https://octopus.example.edu', expected a "
         "host name like oauth.example.edu"),
    ]  # fmt: skip


def test_a_setting_at_fault_falls_back_to_its_default() -> None:
    environment = read_environment({"BOOKBAG_LINK_DAYS": "0"})

    assert environment.number("BOOKBAG_LINK_DAYS") == 7


def test_production_requires_a_key_and_https() -> None:
    environment = read_environment({"BOOKBAG_MODE": "production"})

    assert [fault.name for fault in environment.faults] == [
        "BOOKBAG_SECRET_KEY",
        "BOOKBAG_BASE_URL",
    ]


def test_production_with_a_key_and_https_has_no_fault() -> None:
    environment = read_environment(
        {
            "BOOKBAG_MODE": "production",
            "BOOKBAG_SECRET_KEY": "k" * 50,
            "BOOKBAG_BASE_URL": "https://bookbag.example.edu",
        }
    )

    assert environment.faults == ()
