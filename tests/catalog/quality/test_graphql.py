"""What GraphQL says of checks, settings and weights, and what it changes."""

import pytest

from catalog.quality.models import DimensionWeight, QualityCheck
from catalog.quality.services import sync_checks
from core.models import AuditEvent
from tests.catalog.quality.incidents.seen import breaks
from tests.catalog.quality.telling import say
from tests.catalog.quality.test_rules import column, contract
from tests.factories import UserFactory, member_of
from tests.portal.graphql.asking import PROBLEMS, field, nodes, pointers
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db

SETTINGS = "scoreThreshold downstreamHops watchesPromises watchesAnomalies"
CONFIGURE = f"""mutation (
    $product: String!, $threshold: Float, $hops: Int, $promises: Boolean, $anomalies: Boolean
) {{
    configureQuality(product: $product, scoreThreshold: $threshold, downstreamHops: $hops,
        watchesPromises: $promises, watchesAnomalies: $anomalies) {{
        settings {{ {SETTINGS} }} {PROBLEMS} }} }}"""
ONLY_HOPS = f"""mutation ($product: String!, $hops: Int) {{
    configureQuality(product: $product, downstreamHops: $hops) {{
        settings {{ {SETTINGS} }} {PROBLEMS} }} }}"""
READ = f"query ($fqn: String!) {{ product(fqn: $fqn) {{ qualitySettings {{ {SETTINGS} }} }} }}"
WEIGH = f"""mutation ($domain: String!, $weights: [DimensionWeightInput!]!) {{
    weighDimensions(domain: $domain, weights: $weights) {{
        weights {{ source weights {{ dimension weight }} }} {PROBLEMS} }} }}"""


@pytest.fixture
def olga(team):
    return member_of(team)


def test_a_check_says_what_it_demands_why_and_where(port, olga):
    rule = {"type": "sql", "query": "SELECT count(*) FROM ${table}", "mustBe": 0, "name": "Odd"}
    version = port.contract_version
    version.document = contract(column(required=True), rules=[rule])
    version.save()
    sync_checks(port=port)
    QualityCheck.objects.create(port=port, key="dbt:unique", name="unique")
    query = """query ($fqn: String!) { product(fqn: $fqn) { quality { checks(first: 9) { edges {
        node { name origin demand note query pointer active } } } } } }"""

    found = field(ask_as(olga), query, fqn=port.product.fqn)["quality"]["checks"]

    note = "The portal runs checks in PostgreSQL only; send the results of a tool."
    told = {each.pop("name"): each for each in nodes(found)}
    assert told["Odd"] == {
        "origin": "contract",
        "demand": "its query gives exactly 0",
        "note": note,
        "query": rule["query"],
        "pointer": "/schema/0/quality/0",
        "active": True,
    }
    assert told["no empty values in `email`"]["origin"] == "implied"
    assert told["no empty values in `email`"]["query"] is None
    assert told["unique"] == {
        "origin": "dbt",
        "demand": None,
        "note": None,
        "query": None,
        "pointer": None,
        "active": True,
    }


def test_an_incident_leads_to_its_check_and_its_page(port, olga):
    port.product.status = "active"
    port.product.save()
    check = breaks(port.product)
    query = "{ incidents(first: 5) { edges { node { id url check { id name key outcome } } } } }"

    [found] = nodes(field(ask_as(olga), query))

    assert found["url"] == f"/incidents/{found['id']}/"
    assert found["check"] == {
        "id": str(check.pk),
        "name": "no gaps",
        "key": "no gaps",
        "outcome": "FAIL",
    }


def test_settings_are_read_as_usual_and_changed_in_part(port, olga):
    ask, fqn = ask_as(olga), port.product.fqn
    usual = {
        "scoreThreshold": None,
        "downstreamHops": 1,
        "watchesPromises": True,
        "watchesAnomalies": False,
    }
    assert field(ask, READ, fqn=fqn)["qualitySettings"] == usual

    changed = field(ask, CONFIGURE, product=fqn, threshold=80.5, hops=2, promises=False,
                    anomalies=True)["settings"]  # fmt: skip
    only = field(ask, ONLY_HOPS, product=fqn, hops=0)["settings"]

    assert changed == {
        "scoreThreshold": 80.5,
        "downstreamHops": 2,
        "watchesPromises": False,
        "watchesAnomalies": True,
    }
    assert only == changed | {"downstreamHops": 0}
    assert field(ask, READ, fqn=fqn)["qualitySettings"] == only
    # null takes the threshold back; null for what has no “none” changes nothing
    none = field(ask, CONFIGURE, product=fqn, threshold=None, hops=None)["settings"]
    assert none == only | {"scoreThreshold": None}
    assert AuditEvent.objects.filter(verb="quality.configured").count() == 3


def test_settings_out_of_range_and_of_others_change_nothing(port, olga):
    ask, fqn = ask_as(olga), port.product.fqn

    assert pointers(ask, CONFIGURE, product=fqn, threshold=101, hops=9) == [
        ("/score_threshold", "out-of-range"),
        ("/downstream_hops", "out-of-range"),
    ]
    assert pointers(ask_as(UserFactory()), ONLY_HOPS, product=fqn, hops=2) == [("", "not-allowed")]
    assert pointers(ask, ONLY_HOPS, product="sales.nothing", hops=2) == [("", "not-found")]
    assert field(ask, READ, fqn=fqn)["qualitySettings"]["downstreamHops"] == 1
    assert not AuditEvent.objects.filter(verb="quality.configured").exists()


def test_owners_of_a_domain_weigh_dimensions_and_everybody_reads_it(port, checks, olga):
    say(checks["no gaps"])
    governs = member_of(port.product.domain.owner)
    weights = [{"dimension": "COMPLETENESS", "weight": 3}]

    made = field(ask_as(governs), WEIGH, domain="sales", weights=weights)

    assert made["problems"] == []
    assert made["weights"]["source"] == "sales"
    assert {each["dimension"]: each["weight"] for each in made["weights"]["weights"]} == {
        **dict.fromkeys(
            ("ACCURACY", "CONFORMITY", "CONSISTENCY", "COVERAGE", "TIMELINESS", "UNIQUENESS"), 1
        ),
        "COMPLETENESS": 3,
    }
    read = '{ domain(path: "sales") { qualityWeights { source } } }'
    assert field(ask_as(olga), read)["qualityWeights"] == {"source": "sales"}

    gone = field(ask_as(governs), WEIGH, domain="sales", weights=[])
    assert gone["weights"]["source"] is None
    assert not DimensionWeight.objects.exists()


def test_weights_that_cannot_be_are_refused(port, olga):
    governs = ask_as(member_of(port.product.domain.owner))

    def said(ask, *weights, domain="sales"):
        given = [{"dimension": name, "weight": weight} for name, weight in weights]
        return pointers(ask, WEIGH, domain=domain, weights=given)

    assert said(governs, ("ACCURACY", -1)) == [("/accuracy", "out-of-range")]
    assert said(governs, ("ACCURACY", 1), ("ACCURACY", 2)) == [("/weights", "duplicate")]
    assert said(ask_as(olga), ("ACCURACY", 2)) == [("", "not-allowed")]
    assert said(governs, ("ACCURACY", 2), domain="nowhere") == [("", "not-found")]
    assert not DimensionWeight.objects.exists()
