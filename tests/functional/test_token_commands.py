"""Making, listing and revoking tokens on the command line."""

from tests.functional.sites import PASSWORD, Site


def test_a_token_is_made_listed_and_revoked(empty_site: Site) -> None:
    empty_site.migrate()
    empty_site.run("user", "ada@example.edu", f"--password={PASSWORD}")

    made = empty_site.run(
        *("token", "create", "ada@example.edu", "--name=Nightly"),
        *("--scope=exports:read", "--days=30"),
    )
    listed = empty_site.run("token", "list", "ada")
    revoked = empty_site.run("token", "revoke", "1")
    again = empty_site.run("token", "revoke", "1")

    token = made.stdout.strip()
    assert token.startswith("bbp_")
    assert token not in made.stderr + listed.stdout
    assert "Nightly" in listed.stdout
    assert f"{token[-4:]}" in listed.stdout
    assert revoked.stdout == "Token 1 of ada was revoked.\n"
    assert again.returncode == 3
    assert "Found no token 1, expected one that was not revoked" in again.stderr


def test_a_token_needs_a_person(empty_site: Site) -> None:
    empty_site.migrate()

    done = empty_site.run("token", "create", "nobody@example.edu")

    assert done.returncode == 3
    assert "Found nobody called 'nobody@example.edu'" in done.stderr
    assert done.stdout == ""
