"""Many contract versions in one call: the rules of one, at a cost that does not grow."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from catalog.contracts import selectors, services
from catalog.contracts.models import ContractVersion, DataContract, QualityRule, SchemaProperty, Sla
from catalog.contracts.services import SavedVersion, VersionInput, store_versions
from catalog.search.models import SearchEntry
from core.errors import Conflict
from core.models import AuditEvent, OutboxEvent
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    TeamFactory,
    actor_for,
    member_of,
)
from tests.factories.documents import contract_data, document

pytestmark = pytest.mark.django_db


def given(team, **values):
    return VersionInput(document(contract_data(**values)), team, team.domain)


def batch(team, count, **values):
    return [given(team, id=f"contract-{at}", **values) for at in range(count)]


def statements_of(items):
    with CaptureQueriesContext(connection) as captured:
        outcomes = store_versions(items, actor=system_actor())
    return len(captured), outcomes


def code_of(outcome):
    assert not isinstance(outcome, SavedVersion)
    (problem,) = outcome
    return problem.code, problem.pointer


def test_two_hundred_contracts_cost_no_more_statements_than_two():
    few, _ = statements_of([given(TeamFactory(), id="one"), given(TeamFactory(), id="two")])
    many, outcomes = statements_of(batch(TeamFactory(), 200))

    assert [outcome.action for outcome in outcomes] == ["create"] * 200
    assert (DataContract.objects.count(), SchemaProperty.objects.count()) == (202, 808)
    assert (QualityRule.objects.count(), Sla.objects.count()) == (404, 202)
    assert SearchEntry.objects.filter(kind="contract").count() == 202
    assert AuditEvent.objects.filter(verb="contract.saved").count() == 202
    assert many == few


def test_further_versions_of_two_hundred_contracts_cost_no_more_than_of_two():
    team = TeamFactory()
    store_versions(batch(team, 200), actor=system_actor())
    few, _ = statements_of(batch(team, 2, version="2.0.0"))
    many, outcomes = statements_of(batch(team, 200, version="3.0.0"))

    assert [outcome.action for outcome in outcomes] == ["create"] * 200
    assert many <= few + 1


def test_replaced_drafts_cost_little_more_statements():
    team = TeamFactory()
    store_versions(batch(team, 200, status="draft"), actor=system_actor())
    few, _ = statements_of(batch(team, 2, status="draft", name="Two"))
    many, outcomes = statements_of(batch(team, 200, status="draft", name="All"))

    assert {outcome.action for outcome in outcomes} == {"update"}
    assert SchemaProperty.objects.count() == 800
    assert many <= few + 15


def test_what_is_there_already_is_neither_written_nor_recorded():
    team = TeamFactory()
    store_versions(batch(team, 20), actor=system_actor())
    statements, outcomes = statements_of(batch(team, 20))

    assert {outcome.action for outcome in outcomes} == {"unchanged"}
    assert AuditEvent.objects.filter(verb="contract.saved").count() == 20
    assert statements <= 6


def test_the_order_within_one_call_is_kept():
    team = TeamFactory()
    items = [given(team, version=each) for each in ("1.0.0", "1.1.0", "1.2.0")]

    outcomes = store_versions(items, actor=system_actor())

    contract = DataContract.objects.get()
    assert [each.version for each in selectors.versions(contract)] == ["1.2.0", "1.1.0", "1.0.0"]
    assert [outcome.version.version for outcome in outcomes] == ["1.0.0", "1.1.0", "1.2.0"]


def test_a_draft_given_twice_in_one_call_ends_as_the_last_one():
    team = TeamFactory()
    items = [given(team, status="draft", name="First"), given(team, status="draft", schema=[])]

    first, second = store_versions(items, actor=system_actor())

    assert (first.action, second.action) == ("create", "update")
    assert first.version.pk == second.version.pk
    assert not SchemaProperty.objects.exists()
    assert DataContract.objects.get().name == "Orders contract"


def test_a_refused_item_leaves_the_others_alone():
    team, other = TeamFactory(), TeamFactory()
    actor = actor_for(member_of(team))
    store_versions([given(other, id="theirs")], actor=system_actor())
    store_versions([given(team, id="published")], actor=system_actor())
    long_name = [{"name": "t" * 300, "properties": [{"name": "a"}]}]
    items = [
        given(team, id="right"),
        given(team, id="theirs", version="2.0.0"),
        given(other, id="not-mine"),
        given(team, id="published", name="Other"),
        given(team, id="long", schema=long_name),
        given(team, id="right", version="2.0.0"),
    ]

    right, theirs, not_mine, published, long, further = store_versions(items, actor=actor)

    assert (right.action, further.action) == ("create", "create")
    assert code_of(theirs) == ("id-owned-elsewhere", "/id")
    assert code_of(not_mine) == ("not-allowed", "")
    assert code_of(published) == ("version-content-differs", "/version")
    assert code_of(long) == ("too-long", "/schema/0/name")
    assert sorted(DataContract.objects.values_list("document_id", flat=True)) == [
        "published",
        "right",
        "theirs",
    ]
    assert ContractVersion.objects.count() == 4


def test_two_teams_that_bring_one_new_id_the_first_owns_it():
    first, second = TeamFactory(), TeamFactory()

    taken, refused = store_versions(
        [given(first), given(second, version="2.0.0")], actor=system_actor()
    )

    assert taken.version.contract.owner == first
    assert code_of(refused) == ("id-owned-elsewhere", "/id")


def test_an_older_draft_that_changes_leaves_the_newest_in_search():
    team = TeamFactory()
    store_versions(
        [
            given(team, status="draft", version="1.0.0"),
            given(team, version="2.0.0", tags=["newest"]),
        ],
        actor=system_actor(),
    )

    store_versions([given(team, status="draft", version="1.0.0", tags=["x"])], actor=system_actor())

    assert SearchEntry.objects.get().tags == ["newest"]


def test_a_contract_that_a_port_names_gets_no_search_row():
    team = TeamFactory()
    version = ContractVersionFactory(
        contract__owner=team, contract__document_id="orders-contract", contract__offered=True
    )
    PortFactory(contract=version.contract, contract_version=version)

    (outcome,) = store_versions([given(team, version="2.0.0")], actor=system_actor())

    assert outcome.action == "create"
    assert not SearchEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_of_one_new_id_one_wins_and_the_other_is_told():
    team = TeamFactory()
    results, start = [], threading.Barrier(2)

    def write(name):
        try:
            start.wait(5)
            item = given(team, name=name)
            results.append(
                services.store_version(
                    document=item.document, actor=system_actor(), owner=team, domain=team.domain
                )[1]
            )
        except Conflict as refusal:
            results.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(results) == ["create", "version-content-differs"]
    assert ContractVersion.objects.count() == 1
    assert AuditEvent.objects.filter(verb="contract.saved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_writers_of_the_same_ids_in_opposite_order_do_not_wait_for_each_other_for_ever():
    team = TeamFactory()
    store_versions(batch(team, 20), actor=system_actor())
    failures, start = [], threading.Barrier(2)

    def write(version, step):
        try:
            start.wait(5)
            items = [*batch(team, 20, version=version), *batch(team, 40, version=version)[20:]]
            outcomes = store_versions(items[::step], actor=system_actor())
            failures.extend(each for each in outcomes if not isinstance(each, SavedVersion))
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=args) for args in (("2.0.0", 1), ("3.0.0", -1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert failures == []
    assert ContractVersion.objects.count() == 20 + 2 * 40


def test_a_further_version_says_what_it_changed_in_the_event_and_the_audit_log():
    team = TeamFactory()
    store_versions([given(team)], actor=system_actor())
    fewer = contract_data()["schema"]
    del fewer[0]["properties"][1]

    (outcome,) = store_versions([given(team, version="2.0.0", schema=fewer)], actor=system_actor())

    assert [each.code for each in outcome.changes] == ["column-removed", "version-changed"]
    event = OutboxEvent.objects.get(topic="contract.version-saved")
    assert event.key == str(outcome.version.contract_id)
    assert (event.payload["from"], event.payload["to"]) == ("1.0.0", "2.0.0")
    assert (event.payload["level"], event.payload["advice"]) == ("breaking", "major")
    assert event.payload["summary"] == {"breaking": 1, "compatible": 0, "cosmetic": 1}
    first, second = AuditEvent.objects.filter(verb="contract.saved").order_by("id")
    assert ("level" in first.detail, second.detail["level"]) == (False, "breaking")


def test_each_version_of_one_call_is_compared_with_the_one_before_it():
    team = TeamFactory()
    items = [given(team), given(team, version="1.1.0", name="B"), given(team, version="1.2.0")]

    first, second, third = store_versions(items, actor=system_actor())

    assert first.changes == ()
    assert [each.after for each in second.changes] == ["B", "1.1.0"]
    assert [each.after for each in third.changes] == ["Orders contract", "1.2.0"]


def test_a_replaced_draft_is_compared_with_what_it_replaces():
    team = TeamFactory()
    store_versions([given(team, status="draft")], actor=system_actor())

    (outcome,) = store_versions([given(team, status="draft", name="B")], actor=system_actor())

    assert [(each.before, each.after) for each in outcome.changes] == [("Orders contract", "B")]
