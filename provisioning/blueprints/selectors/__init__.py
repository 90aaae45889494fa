"""Reads: what a blueprint would do with some parameters, and what its form offers."""

from provisioning.blueprints.selectors.catalogue import LeadTime, lead_times
from provisioning.blueprints.selectors.choices import domain_choices, team_choices
from provisioning.blueprints.selectors.planning import Plan, plan
from provisioning.blueprints.selectors.resolving import Resolved, resolve

__all__ = [
    "LeadTime",
    "Plan",
    "Resolved",
    "domain_choices",
    "lead_times",
    "plan",
    "resolve",
    "team_choices",
]
