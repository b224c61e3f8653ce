"""The settings of a sales channel: what the form in Omnitron holds, what each flow needs of it, what is wrong."""

from include.settings.brake import Brake
from include.settings.failed_integration import FailedIntegration, PenaltyRule
from include.settings.fields import WaybillOption
from include.settings.model import ChannelSettings
from include.settings.problem import Problem
from include.settings.readiness import FlagDecision, ReadinessRow, SettingLine, check_flag, readiness, render_text
from include.settings.schema import FIELDS, REQUIRED, SettingField

__all__ = [
    "FIELDS",
    "REQUIRED",
    "Brake",
    "ChannelSettings",
    "FailedIntegration",
    "FlagDecision",
    "PenaltyRule",
    "Problem",
    "ReadinessRow",
    "SettingField",
    "SettingLine",
    "WaybillOption",
    "check_flag",
    "readiness",
    "render_text",
]
