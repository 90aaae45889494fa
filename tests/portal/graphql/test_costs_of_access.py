"""What a query over requests, grants, consents and campaigns costs does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import system_actor
from accounts.models import User
from accounts.states import PortalRole
from core import audit
from provisioning.access.models import Credential, Grant, GrantExtension
from provisioning.consent.models import Consent
from provisioning.jobs.models import Instance, Operation
from provisioning.recertification.models import Campaign, Review
from provisioning.requests.models import Delegation, Request
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import save_rule
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    TeamFactory,
    UserFactory,
    member_of,
    waiting_request,
)
from tests.portal.graphql.conftest import ask_as, headers_for

pytestmark = pytest.mark.django_db

ROWS, SOME = 6, 3
BOOKKEEPING = ("SAVEPOINT", "RELEASE", "SET LOCAL", "INSERT INTO core_graphqlbudget", "WITH mine")
WHO = "username name"
REQUEST = (
    f"number title requester {{ {WHO} }} team {{ slug }} parameters factsWhenAsked"
    " waitingFor { slug } approvals { state team { slug } } operation { state }"
)
RULE = (
    "name scope port { fqn } domain { path } wording { condition words stages { sides { side } } }"
    " versions(first: 2) { edges { node { version } } }"
)
GRANT = (
    "consumer port { fqn } narrowing { object } narrowWords lastSeenAt remindedDays"
    " request { number } extensionAsked { number }"
    f" extensions(first: 2) {{ edges {{ node {{ until askedAt askedBy {{ {WHO} }} }} }} }}"
    " story(first: 10) { edges { node { event words actor note } } }"
    " consents(first: 2) { edges { node { state toVersion } } }"
)
REVIEW = f"state mayDecide grant {{ consumer port {{ fqn }} lastSeenAt }} decidedBy {{ {WHO} }}"
CAMPAIGN = (
    f"name scope createdBy {{ {WHO} }} progress {{ total open kept }}"
    f" reviews(first: 3) {{ edges {{ node {{ {REVIEW} }} }} }}"
)
CONSENT = f"state toVersion latest answeredBy {{ {WHO} }} grant {{ consumer port {{ fqn }} }}"
QUERIES = {  # what is read of each row, and the statements of the whole query
    "approvals": (f"why team {{ slug }} request {{ {REQUEST} }}", 9),
    "requests": (REQUEST, 7),
    "decisionRules": (RULE, 5),
    "delegations": (f"fromUser {{ {WHO} }} toUser {{ {WHO} }} note", 3),
    "grants": (GRANT, 13),
    "consents": (CONSENT, 4),
    "recertifications": (CAMPAIGN, 8),
}


@pytest.fixture
def steward() -> User:
    """Somebody who sees all of it: a steward who owns the team that decides."""
    owners = TeamFactory(slug="sales-data")
    person = member_of(owners, username="steward", portal_role=PortalRole.STEWARD)
    campaigns = [_campaign(person, n) for n in range(ROWS)]
    version = ContractVersionFactory()
    for n in range(ROWS):
        grant = _grant(owners, person, n)
        Consent.objects.create(
            grant=grant, version=version, on=grant.until.date(), answered_by=grant.request.requester
        )
        Review.objects.bulk_create(Review(campaign=each, grant=grant) for each in campaigns)
        save_rule(
            actor=system_actor(),
            name=f"Rule {n}",
            condition="true",
            outcome={"stages": [[{"side": "owner"}]]},
            scope=Scope(port=grant.port) if n % 2 else Scope(domain=owners.domain),
        )
        Delegation.objects.create(
            from_user=UserFactory(),
            to_user=person,
            ends_at=timezone.now() + dt.timedelta(days=n + 1),
        )
    return person


def _campaign(steward: User, n: int) -> Campaign:
    until = timezone.now() + dt.timedelta(days=9)
    return Campaign.objects.create(
        name=f"Campaign {n}", silence="keep", created_by=steward, due_at=until
    )


def _grant(owners: Any, steward: User, n: int) -> Grant:
    """A grant of another team with everything that can belong to one."""
    asking = TeamFactory()
    consumer = member_of(asking)
    port = PortFactory(product__owner=owners)
    instance = Instance.objects.create(
        kind="grant", name=port.name, domain=owners.domain, owner=asking, driver="postgres"
    )
    operation = Operation.objects.create(
        instance=instance, kind="bind", title="Read", actor_id=consumer.pk, spec={"steps": []},
        actor_name=consumer.username, deadline_at=timezone.now(),
    )  # fmt: skip
    given: dict[str, Any] = {
        "kind": "access",
        "title": f"Read {n}",
        "requester": consumer,
        "team": asking,
        "parameters": {"port": port.fqn, "consumer": f"team:{asking.slug}", "until": "2099-01-01"},
        "subject": {"port": port.fqn, "port_id": str(port.pk), "facts": {"duration": n}},
    }
    done = Request.objects.create(**given, state="running", operation=operation)
    now = timezone.now()
    grant = Grant.objects.create(
        request=done, instance=instance, port=port, consumer_team=asking, purpose="Weekly report",
        state="active", until=now + dt.timedelta(days=9),
        narrow={"orders": {"columns": ["id"], "rows": [{"column": "id", "operator": "is-null"}]}},
    )  # fmt: skip
    more = {**given, "subject": {**given["subject"], "extends": str(grant.pk)}}
    waiting_request(owners, **more)
    GrantExtension.objects.create(
        grant=grant, before=now, until=grant.until, state="applied",
        request=Request.objects.create(**more, state="succeeded", operation=operation),
    )  # fmt: skip
    Credential.objects.create(
        grant=grant, holder=consumer, username=f"lg_{n}", reveal_until=now, expires_at=now,
        last_seen_at=now,
    )  # fmt: skip
    audit.record(actor=consumer.username, verb="grant.activated", kind="grant", object_id=grant.pk)
    return grant


def is_work(sql: str) -> bool:
    """Not who asks, savepoints of the test, the budget or the time limit."""
    return not sql.strip().startswith(BOOKKEEPING) and "accounts_apitoken" not in sql


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_costs_the_same_for_some_rows_and_for_all(steward, name):
    ask = ask_as(steward)
    inner, statements = QUERIES[name]
    query = f"query ($first: Int!) {{ {name}(first: $first) {{ edges {{ node {{ {inner} }} }} }} }}"
    ask(query, first=1)

    counts = []
    for first in (SOME, ROWS):
        with CaptureQueriesContext(connection) as captured:
            body = ask(query, first=first).json()
        assert "errors" not in body, body
        assert len(body["data"][name]["edges"]) == first
        counts.append([row["sql"] for row in captured if is_work(row["sql"])])

    assert [len(each) for each in counts] == [statements, statements], "\n\n".join(counts[1])


def test_the_reviews_of_one_campaign_cost_the_same_however_many(steward):
    ask = ask_as(steward)
    query = f"""query ($id: ID!, $first: Int!) {{ recertification(id: $id) {{
        reviews(first: $first) {{ edges {{ node {{ {REVIEW} }} }} }} }} }}"""
    pk = str(Campaign.objects.first().pk)
    ask(query, id=pk, first=1)

    counts = []
    for first in (SOME, ROWS):
        with CaptureQueriesContext(connection) as captured:
            found = ask(query, id=pk, first=first).json()["data"]["recertification"]
        assert len(found["reviews"]["edges"]) == first
        counts.append(sum(is_work(row["sql"]) for row in captured))

    assert counts == [6, 6]


@pytest.mark.parametrize(("path", "statements"), [("", 3), ("/story", 5)])
def test_one_grant_costs_the_same_however_much_has_happened(steward, client, path, statements):
    headers, grant = headers_for(steward), Grant.objects.first()
    address = f"/api/v1/grants/{grant.pk}{path}"
    client.get(address, headers=headers)

    counts = []
    for happened in (1, 40):
        for _ in range(happened):
            audit.record(actor="x", verb="grant.kept", kind="grant", object_id=grant.pk)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address, headers=headers).status_code == 200
        counts.append(sum(is_work(row["sql"]) for row in captured))

    assert counts == [statements, statements]


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("approvals", 3),
        ("requests", 3),
        ("grants", 1),
        ("consents", 1),
        ("recertifications", 2),
        ("decision-rules", 2),
        ("delegations", 1),
    ],
)
def test_so_does_its_twin_in_rest(steward, client, path, statements):
    headers = headers_for(steward)
    client.get(f"/api/v1/{path}", headers=headers)

    counts = []
    for size in (SOME, ROWS):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"/api/v1/{path}?page_size={size}", headers=headers)
        assert answer.status_code == 200
        counts.append([row["sql"] for row in captured if is_work(row["sql"])])

    assert [len(each) for each in counts] == [statements, statements], "\n\n".join(counts[1])
