"""Reads: what a blueprint would do with some parameters, and what its form offers."""

from provisioning.blueprints.selectors.catalogue import LeadTime, lead_times
from provisioning.blueprints.selectors.choices import (
    domain_choices,
    first_choices,
    picker_choices,
)
from provisioning.blueprints.selectors.existing import Existing, existing
from provisioning.blueprints.selectors.planning import Plan, plan, removal_steps
from provisioning.blueprints.selectors.resolving import Resolved, resolve
from provisioning.blueprints.selectors.values import steps_of, values_of

__all__ = [
    "Existing",
    "LeadTime",
    "Plan",
    "Resolved",
    "domain_choices",
    "existing",
    "first_choices",
    "lead_times",
    "picker_choices",
    "plan",
    "removal_steps",
    "resolve",
    "steps_of",
    "values_of",
]
