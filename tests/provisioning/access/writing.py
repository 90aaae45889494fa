"""Access that writes, for tests: an offer, a grant, and rows written with its login."""

from __future__ import annotations

import psycopg

from provisioning.access.models import Grant
from provisioning.access.states import AccessMode, GrantState
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide

WRITE = AccessMode.WRITE


def opened(company, request: Request) -> Grant:
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    grant = Grant.objects.get(request=request)
    assert grant.state == GrantState.ACTIVE, grant.end_reason
    return grant


def wrote(dsn: str, company, rows: str) -> None:
    with psycopg.connect(dsn, connect_timeout=5) as conn:
        conn.execute(f"INSERT INTO {company.port.location['schema']}.orders VALUES {rows}")


def codes(refused) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in refused.value.problems]
