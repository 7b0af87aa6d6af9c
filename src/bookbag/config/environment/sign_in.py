"""Settings of how people sign in."""

from bookbag.config.environment.checks import any_text, one_of, whole_number
from bookbag.config.environment.model import Setting

SIGN_IN: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_SIGN_IN_PROVIDERS",
        default="",
        description="A JSON file with the OpenID Connect and SAML providers that "
        "people may sign in with; see the page on signing in.",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_MAIL_VERIFICATION",
        default="optional",
        description="mandatory: nobody signs in before their e-mail address is "
        "verified. A changed address always is.",
        check=one_of("optional", "mandatory"),
    ),
    Setting(
        name="BOOKBAG_RECENT_SIGN_IN_MINUTES",
        default="60",
        description="How long ago somebody may have signed in who asks for or "
        "downloads the data of others.",
        check=whole_number(1, 1440),
    ),
    Setting(
        name="BOOKBAG_INVITATION_DAYS",
        default="7",
        description="Days that the link of an invitation, or of a forgotten "
        "password, works.",
        check=whole_number(1, 30),
    ),
    Setting(
        name="BOOKBAG_MAX_REQUEST_BYTES",
        default="10485760",
        description="The largest request that is read at all, but for uploads of "
        "files, which have limits of their own.",
        check=whole_number(65_536, 1_073_741_824),
    ),
)
