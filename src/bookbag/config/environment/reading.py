"""Reading every setting from the environment, with what is wrong with it."""

from collections.abc import Mapping
from pathlib import Path

from bookbag.config.environment.client import CLIENT
from bookbag.config.environment.codio import CODIO
from bookbag.config.environment.exporting import EXPORTING
from bookbag.config.environment.importing import IMPORTING
from bookbag.config.environment.model import Environment, Setting, SettingFault
from bookbag.config.environment.organisation import ORGANISATION
from bookbag.config.environment.outbound import OUTBOUND
from bookbag.config.environment.programs import PROGRAMS
from bookbag.config.environment.sign_in import SIGN_IN
from bookbag.config.environment.site import SITE
from bookbag.config.environment.storing import STORING
from bookbag.config.environment.watching import WATCHING

SETTINGS: tuple[Setting, ...] = (
    *SITE,
    *STORING,
    *SIGN_IN,
    *ORGANISATION,
    *EXPORTING,
    *IMPORTING,
    *OUTBOUND,
    *WATCHING,
    *PROGRAMS,
    *CODIO,
    *CLIENT,
)
"""Every setting, in the order in which they are listed for people."""


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Read every setting and collect every fault.

    Args:
        variables: Usually ``os.environ``.
    """
    faults: list[SettingFault] = []
    found = {s.name: variables.get(s.name, "").strip() for s in SETTINGS}
    var = Path(found["BOOKBAG_VAR"] or "var").expanduser().resolve()
    values: dict[str, str] = {}
    for setting in SETTINGS:
        default = setting.default.format(var=var)
        value = found[setting.name] or default
        problem = setting.check(value)
        if problem is not None:
            remedy = f"Set {setting.name} to a valid value or leave it unset."
            faults.append(
                SettingFault(name=setting.name, problem=problem, remedy=remedy)
            )
            value = default
        values[setting.name] = value
    faults.extend(_production_faults(values))
    return Environment(values=values, faults=tuple(faults))


def _production_faults(values: Mapping[str, str]) -> list[SettingFault]:
    if values["BOOKBAG_MODE"] != "production":
        return []
    faults = []
    if len(values["BOOKBAG_SECRET_KEY"]) < 50:
        faults.append(
            SettingFault(
                name="BOOKBAG_SECRET_KEY",
                problem="Found no key of at least 50 characters, expected one in "
                "production",
                remedy="Set it to the output of `openssl rand -base64 60`, the same "
                "on every machine.",
            )
        )
    if not values["BOOKBAG_BASE_URL"].startswith("https://"):
        faults.append(
            SettingFault(
                name="BOOKBAG_BASE_URL",
                problem="Found an address without https, expected https in production",
                remedy="Set it to the https address that people use.",
            )
        )
    return faults
