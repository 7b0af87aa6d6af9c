"""Settings of what Bookbag connects to: deliveries and webhooks."""

from bookbag.config.environment.checks import networks
from bookbag.config.environment.model import Setting

OUTBOUND: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_PRIVATE_TARGETS",
        default="",
        description="Networks that deliveries and webhooks may reach although they "
        "are not public, with commas between them, such as 10.20.0.0/16; without it "
        "private and loopback addresses are refused.",
        check=networks,
    ),
)
