"""A company in whose warehouse a team reads a port of which a breaking move is announced."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.models import OutboxEvent
from provisioning.access.models import Grant
from provisioning.consent.models import Consent
from provisioning.consent.services import ask_consumers
from tests.factories import ContractFactory, ContractVersionFactory
from tests.provisioning.access.conftest import (  # noqa: F401 - shared fixtures
    Company,
    ask,
    company,
    granted,
    in_days,
)
from tests.provisioning.drivers.conftest import warehouse_url  # noqa: F401 - a shared fixture


@pytest.fixture
def announce(company: Company, granted: Grant) -> Callable[..., None]:  # noqa: F811
    """`announce(days)`: the port moves to version 2 in so many days; the event is handled."""
    contract = ContractFactory(owner=company.sales)
    first = ContractVersionFactory(contract=contract, version="1.0.0")
    second = ContractVersionFactory(contract=contract, version="2.0.0")
    company.port.contract, company.port.contract_version = contract, first

    def make(days: int) -> None:
        company.port.next_contract_version, company.port.next_version = second, "2.0.0"
        company.port.next_version_on = in_days(days)
        company.port.save()
        payload = {"port_id": str(company.port.pk)}
        ask_consumers(
            OutboxEvent(topic="port.change-announced", key=str(company.port.pk), payload=payload)
        )

    return make


@pytest.fixture
def asked(announce: Callable[..., None]) -> Consent:
    """The question about a move in twenty days."""
    announce(20)
    return Consent.objects.get()
