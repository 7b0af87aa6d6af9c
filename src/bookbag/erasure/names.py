"""What a person is called in records that stay, and what stands there afterwards."""

import re
import secrets

from bookbag.domain.people.models import User

CODE_BYTES = 6


class Names:
    """Covers a person's user name, address and full name; not a first name alone.

    Others have that name too, and a log that forgets them is no log.
    """

    def __init__(self, person: User) -> None:
        self.pseudonym = f"erased-{secrets.token_hex(CODE_BYTES)}"
        names = {person.username, person.email, person.get_full_name()} - {""}
        choice = "|".join(map(re.escape, sorted(names, key=lambda n: (-len(n), n))))
        self._pattern = re.compile(rf"(?<![^\W_])(?:{choice})(?![^\W_])", re.IGNORECASE)

    def cover(self, text: str) -> str:
        """Return a text without the person."""
        return self._pattern.sub(self.pseudonym, text)
