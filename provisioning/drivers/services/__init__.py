"""Verbs on targets."""

from provisioning.drivers.services.checking import TooManyChecks, check_due, check_target
from provisioning.drivers.services.registering import (
    TargetData,
    TargetInUse,
    change_target,
    register_target,
    retire_target,
)

__all__ = [
    "TargetData",
    "TargetInUse",
    "TooManyChecks",
    "change_target",
    "check_due",
    "check_target",
    "register_target",
    "retire_target",
]
