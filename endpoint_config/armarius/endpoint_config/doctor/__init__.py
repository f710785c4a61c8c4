"""Examining a site from inside: what is well, what is not, and what to mend."""

from armarius.endpoint_config.doctor.check import Check, Verdict
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.doctor.examine import THEMES, examine

__all__ = ["THEMES", "Check", "Context", "Verdict", "examine"]
