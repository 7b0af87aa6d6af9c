"""Settings of what Bookbag connects to: deliveries and webhooks."""

from bookbag.config.environment.checks import networks, whole_number
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
    Setting(
        name="BOOKBAG_EXPIRING_HOURS",
        default="24",
        description="Hours before an export expires that webhooks hear of it.",
        check=whole_number(1, 24 * 30),
    ),
    Setting(
        name="BOOKBAG_WEBHOOK_LOG_DAYS",
        default="30",
        description="Days that the log of what webhooks were sent is kept.",
        check=whole_number(2, 365),
    ),
)
