"""The environment: every setting, its default, and what is wrong with it."""

from bookbag.config.environment.checks import parse_networks, parse_ranks
from bookbag.config.environment.model import Environment, Setting, SettingFault
from bookbag.config.environment.reading import SETTINGS, read_environment

__all__ = [
    "SETTINGS",
    "Environment",
    "Setting",
    "SettingFault",
    "parse_networks",
    "parse_ranks",
    "read_environment",
]
