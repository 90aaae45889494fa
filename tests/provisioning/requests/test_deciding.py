"""Who decides, that nobody decides alone, and that a request follows its work."""

import threading

import psycopg
import pytest
from django.db import connection

from accounts.actors import system_actor
from catalog.products.models import DataProduct
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import AuditEvent, OutboxEvent
from provisioning.blueprints.services import request_service
from provisioning.drivers.postgres.naming import schema_name
from provisioning.jobs.models import Operation
from provisioning.jobs.services import retry
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Decision, Request
from provisioning.requests.services import cancel, decide
from tests.factories import DomainFactory, TeamFactory, actor_for, member_of, sides_of
from tests.provisioning.blueprints.conftest import Shop, build_shop, parameters
from tests.provisioning.requests.conftest import Ask


def test_an_owner_of_the_domain_needs_no_decision(shop: Shop, ask: Ask):
    request = ask(actor=shop.owns)

    assert request.state == "running"
    assert sides_of(request) == []
    assert "You own Sales" in request.reason
    assert request.operation is not None


def test_the_nearest_domain_above_that_has_an_owner_decides(shop: Shop, ask: Ask):
    DomainFactory(path="sales.stores", parent=shop.sales)
    other = TeamFactory()
    DomainFactory(path="sales.stores.online", owner=other)

    assert sides_of(ask(domain="sales.stores", name="One thing")) == [shop.team]
    assert sides_of(ask(domain="sales.stores.online", name="Other thing")) == [other]


def test_approval_starts_the_work_for_the_requester(shop: Shop, ask: Ask):
    request = ask()

    decided = decide(request=request, actor=shop.owns, approve=True, note="Go on")

    assert decided.state == "running"
    assert decided.operation.actor_name == "hugo"
    assert decided.operation.result == {"product": "sales.store-returns"}
    decision = Decision.objects.get()
    assert (decision.decided_by, decision.approved, decision.note) == (shop.owner, True, "Go on")
    assert AuditEvent.objects.filter(verb="request.approved", actor="olga").count() == 1
    assert OutboxEvent.objects.filter(topic="request.decided").count() == 1


def test_a_rejection_needs_a_note_and_makes_nothing(shop: Shop, ask: Ask):
    request = ask()

    with pytest.raises(Invalid) as refusal:
        decide(request=request, actor=shop.owns, approve=False, note="  ")
    request.refresh_from_db()
    assert refusal.value.problems[0].pointer == "/note"
    assert request.state == "waiting"

    decide(request=request, actor=shop.owns, approve=False, note="Use the other one")
    assert request.state == "rejected"
    assert request.reason == "Use the other one"
    assert not Operation.objects.exists()


def test_nobody_decides_on_what_they_asked_for_themselves(shop: Shop, ask: Ask):
    other = TeamFactory()
    DomainFactory(path="other", owner=other)
    request = ask(domain="other", actor=shop.owns)
    request.approvals.update(team=shop.team)  # even where their own team decides

    with pytest.raises(NotAllowed, match="yourself"):
        decide(request=request, actor=shop.owns, approve=True, note="")
    assert not Decision.objects.exists()
    assert not Operation.objects.exists()


@pytest.mark.parametrize("who", ["helper", "outsider", "steward"])
def test_who_does_not_own_the_deciding_team_is_refused(shop: Shop, ask: Ask, who: str):
    request = ask(actor=actor_for(member_of(shop.team, "contributor")))
    user = member_of(TeamFactory(), portal_role="steward") if who == "steward" else None
    actor = actor_for(user or getattr(shop, who))

    with pytest.raises(NotAllowed, match="Sales Data team"):
        decide(request=request, actor=actor, approve=True, note="")
    request.refresh_from_db()
    assert request.state == "waiting"


def test_the_second_of_two_decisions_finds_it_decided(shop: Shop, ask: Ask):
    request = ask()
    stale = Request.objects.get(pk=request.pk)
    decide(request=request, actor=shop.owns, approve=True, note="")

    with pytest.raises(InvalidTransition):
        decide(request=stale, actor=shop.owns, approve=False, note="too late")
    assert Decision.objects.count() == Operation.objects.count() == 1


def test_of_two_who_decide_at_once_one_wins(transactional_db, settings, warehouse_url):
    shop = build_shop(settings, warehouse_url)
    request = _asked(shop)
    second = member_of(shop.team)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def attempt(actor, approve: bool) -> None:
        mine = Request.objects.get(pk=request.pk)
        start.wait()
        try:
            decide(request=mine, actor=actor, approve=approve, note="because")
            outcomes.append("won")
        except InvalidTransition:
            outcomes.append("lost")
        connection.close()

    threads = [
        threading.Thread(target=attempt, args=(shop.owns, True)),
        threading.Thread(target=attempt, args=(actor_for(second), False)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["lost", "won"]
    assert Decision.objects.count() == 1
    assert Operation.objects.count() == Request.objects.filter(state="running").count()


def test_what_is_not_possible_any_more_cannot_be_approved(shop: Shop, ask: Ask):
    request = ask()
    DomainFactory(path="sales.store-returns")

    with pytest.raises(Invalid):
        decide(request=request, actor=shop.owns, approve=True, note="")
    request.refresh_from_db()
    assert request.state == "waiting"
    assert not Decision.objects.exists()


def test_a_requester_who_left_the_team_is_not_served(shop: Shop, ask: Ask):
    request = ask()
    shop.helper.memberships.all().delete()

    with pytest.raises(Invalid):
        decide(request=request, actor=shop.owns, approve=True, note="")
    request.refresh_from_db()
    assert request.state == "waiting"


def test_the_requester_and_their_team_withdraw_a_waiting_request(shop: Shop, ask: Ask):
    request = ask()

    with pytest.raises(NotAllowed):
        cancel(request=request, actor=actor_for(shop.outsider))
    cancel(request=request, actor=shop.helps)

    assert request.state == "cancelled"
    with pytest.raises(InvalidTransition):
        decide(request=request, actor=shop.owns, approve=True, note="")
    with pytest.raises(InvalidTransition):
        cancel(request=request, actor=shop.helps)


def test_a_request_follows_its_work_to_the_product_and_its_tables(
    transactional_db, settings, warehouse_url
):
    shop = build_shop(settings, warehouse_url)
    request = _asked(shop, actor=shop.owns)

    run_due()

    request.refresh_from_db()
    assert request.state == "succeeded", request.reason
    product = DataProduct.objects.get()
    port = product.output_ports.get()
    schema = schema_name("store-returns", request.instance_id)
    assert (product.fqn, product.status) == ("sales.store-returns", "draft")
    assert port.location["schema"] == schema
    assert port.contract_version.objects_described.get().properties.count() == 2
    with psycopg.connect(warehouse_url) as conn:
        table = port.location["tables"]["store_returns"]
        found = conn.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            [schema, table],
        ).fetchall()
    assert [name for (name,) in found] == ["return_id", "returned_on"]
    assert OutboxEvent.objects.filter(topic="request.finished").count() == 1


def test_failed_work_fails_the_request_and_a_retry_runs_it_again(
    transactional_db, settings, warehouse_url
):
    shop = build_shop(settings, warehouse_url)
    request = _asked(shop, actor=shop.owns)
    team = DomainFactory(path="sales.store-returns", parent=shop.sales)  # the name is lost
    run_due()
    request.refresh_from_db()
    failed = request.operation
    assert request.state == "failed"
    assert request.reason

    team.delete()
    retry(operation=failed, actor=shop.owns)
    request.refresh_from_db()
    assert request.state == "running"
    run_due()

    request.refresh_from_db()
    assert request.state == "succeeded", request.reason
    assert request.operation != failed


def test_cancelling_running_work_undoes_it(transactional_db, settings, warehouse_url):
    shop = build_shop(settings, warehouse_url)
    request = _asked(shop, actor=shop.owns)

    cancel(request=request, actor=shop.owns)
    run_due()

    request.refresh_from_db()
    assert request.state == "cancelled"
    assert not DataProduct.objects.exists()


def test_an_administrator_needs_a_team_to_ask_for(shop: Shop, ask: Ask):
    with pytest.raises(Invalid) as refusal:
        ask(actor=system_actor())
    assert refusal.value.problems[0].pointer == "/team"


def _asked(shop: Shop, actor=None) -> Request:
    filed = request_service(
        blueprint=shop.blueprint,
        parameters=parameters(),
        purpose="",
        actor=actor or shop.helps,
    )
    return Request.objects.get(pk=filed.pk)
