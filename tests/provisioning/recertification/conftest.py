"""A company in whose warehouse two readers have access, and a steward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.actors import Actor
from accounts.states import PortalRole
from provisioning.access.models import Grant
from provisioning.jobs.services.work import run_due
from provisioning.recertification.models import Campaign
from provisioning.recertification.services import start_campaign
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import decide
from tests.factories import UserFactory, actor_for
from tests.provisioning.access.conftest import (  # noqa: F401 - shared fixtures
    Company,
    ask,
    company,
    granted,
    in_days,
)
from tests.provisioning.drivers.conftest import warehouse_url  # noqa: F401 - a shared fixture


@pytest.fixture
def steward(company: Company) -> Actor:  # noqa: F811
    return actor_for(UserFactory(portal_role=PortalRole.STEWARD))


@pytest.fixture
def second(company: Company, granted: Grant, ask: Callable[..., Any]) -> Grant:  # noqa: F811
    """A grant of the consumer alone, beside their team's."""
    request = ask(consumer=f"user:{company.consumer.username}")
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    return Grant.objects.get(request=request)


@pytest.fixture
def begin(company: Company, steward: Actor) -> Callable[..., Campaign]:  # noqa: F811
    """`begin(scope=..., silence=...)`: by default over the company, silence ends access."""

    def make(**changes: Any) -> Campaign:
        given = {
            "actor": steward,
            "name": "Autumn",
            "reason": "",
            "scope": Scope(),
            "until": in_days(14),
            "silence": "revoke",
        }
        return start_campaign(**given | changes)

    return make
