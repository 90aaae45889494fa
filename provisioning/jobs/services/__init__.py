"""Verbs on the ledger. What other rooms call; workers and sweepers use the modules beside."""

from provisioning.jobs.services.abandoning import abandon
from provisioning.jobs.services.acceptance import (
    InstanceData,
    StepSpec,
    accept,
    accept_check,
    retry,
)
from provisioning.jobs.services.checks import run_check
from provisioning.jobs.services.reconciling import repair
from provisioning.jobs.services.results import note_desired, note_made
from provisioning.jobs.services.steering import request_cancel

__all__ = [
    "InstanceData",
    "StepSpec",
    "abandon",
    "accept",
    "accept_check",
    "note_desired",
    "note_made",
    "repair",
    "request_cancel",
    "retry",
    "run_check",
]
