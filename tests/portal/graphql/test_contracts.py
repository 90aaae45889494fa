"""What changed between versions, for many contracts at the price of one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from catalog.contracts.services import VersionInput, store_versions
from tests.factories import TeamFactory
from tests.factories.documents import contract_data, document
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db

DIFF = """query ($id: String!, $to: String!) { contract(id: $id) { diff(from: "1.0.0", to: $to) {
    level consumerLevel producerLevel advice keepsAdvice breaking compatible cosmetic
    changes(first: 1) { level direction code path pointer before after message } } } }"""


@pytest.fixture
def contract():
    team = TeamFactory()
    fewer = contract_data()["schema"]
    del fewer[0]["properties"][1]
    items = [contract_data(), contract_data(version="2.0.0", schema=fewer)]
    store_versions(
        [VersionInput(document(each), team, team.domain) for each in items], actor=system_actor()
    )
    return "orders-contract"


def test_a_diff_says_the_same_as_elsewhere(member, contract):
    data = ask_as(member)(DIFF, id=contract, to="2.0.0").json()["data"]

    found = data["contract"]["diff"]
    assert (found["level"], found["consumerLevel"], found["producerLevel"]) == (
        "breaking",
        "breaking",
        "none",
    )
    assert (found["advice"], found["keepsAdvice"]) == ("major", True)
    assert (found["breaking"], found["compatible"], found["cosmetic"]) == (1, 0, 1)
    (change,) = found["changes"]
    assert (change["code"], change["path"], change["after"]) == (
        "column-removed",
        "orders.amount",
        None,
    )
    assert '"amount"' in change["before"]


def test_a_version_that_is_not_there_gives_null(member, contract):
    data = ask_as(member)(DIFF, id=contract, to="9.9.9").json()["data"]

    assert data["contract"]["diff"] is None


def test_a_diff_costs_one_statement(member, contract):
    ask = ask_as(member)

    def statements(query):
        with CaptureQueriesContext(connection) as captured:
            ask(query, id=contract, to="2.0.0")
        return len(captured)

    without = "query ($id: String!) { contract(id: $id) { name } }"

    statements(without)  # the first one opens the minute's budget

    assert statements(DIFF) == statements(without) + 1
