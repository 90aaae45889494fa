"""Two versions side by side: as data, as a page, with those whom it affects."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actors import system_actor
from accounts.states import PortalRole
from catalog.contracts import selectors, services
from catalog.contracts.comparing import curl_of, groups_of, verdict_text
from catalog.contracts.extensions import affected_parties
from catalog.contracts.formats.odcs_diff import diff, summarise
from catalog.products.models import InputPort
from catalog.products.states import ProductStatus, Visibility
from core.errors import Invalid, NotFound
from tests.factories import (
    ContractFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)
from tests.factories.documents import contract_data, document

pytestmark = pytest.mark.django_db


def without_amount(**values):
    data = contract_data(**values)
    del data["schema"][0]["properties"][1]
    return data


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def three(team):
    """Versions 1.0.0, 1.1.0 (other words) and 2.0.0 (a column less)."""
    given = [
        contract_data(),
        contract_data(version="1.1.0", tags=["money"]),
        without_amount(version="2.0.0"),
    ]
    return [
        services.save_version(
            document=document(each), actor=system_actor(), owner=team, domain=team.domain
        )[0]
        for each in given
    ]


@pytest.fixture
def logged_in(client, team):
    client.force_login(member_of(team))
    return client


def reader_of(version, **product):
    """A product that reads a port with this contract."""
    source = PortFactory(contract=version.contract, contract_version=version)
    reader = ProductFactory(**product)
    InputPort.objects.create(product=reader, name="orders", source=source)
    return reader


def diff_url(contract, **query):
    address = reverse("rest:contract-diff", kwargs={"contract_id": contract.pk})
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def test_the_answer_says_what_changed_for_whom_and_what_number_it_asks_for(logged_in, three):
    reader = reader_of(three[0])

    answer = logged_in.get(diff_url(three[0].contract, **{"from": "1.0.0", "to": "2.0.0"})).json()

    assert (answer["from"], answer["to"], answer["level"]) == ("1.0.0", "2.0.0", "breaking")
    assert answer["levels"] == {"consumer": "breaking", "producer": "none"}
    assert (answer["advice"], answer["keeps_advice"]) == ("major", True)
    assert answer["summary"] == {"breaking": 1, "compatible": 0, "cosmetic": 1}
    removed = answer["changes"][0]
    assert (removed["code"], removed["path"]) == ("column-removed", "orders.amount")
    assert removed["pointer"] == "/schema/0/properties/1"
    assert removed["before"] == {"name": "amount", "logicalType": "number"}
    (party,) = answer["affected"]
    assert (party["id"], party["owner"]["slug"]) == (reader.fqn, reader.owner.slug)
    assert (party["via"], party["version"], party["distance"]) == (
        InputPort.objects.get().source.fqn,
        "1.0.0",
        1,
    )
    assert answer["affected_hidden"] == 0


def test_without_numbers_the_newest_is_compared_with_the_one_before(logged_in, three):
    answer = logged_in.get(diff_url(three[0].contract)).json()

    assert (answer["from"], answer["to"]) == ("1.1.0", "2.0.0")


def test_the_page_says_promises_rules_and_tags_as_people_do():
    rule = {"type": "library", "metric": "rowCount", "mustBeGreaterThan": 0, "unit": "rows"}
    other = {"name": "Few are empty", "type": "library", "metric": "nullValues", "mustBe": 0}
    before = contract_data()
    before["schema"][0]["quality"] = [other]
    after = contract_data(
        tags=["golden", "daily"], slaProperties=[{"property": "latency", "value": 1, "unit": "h"}]
    )
    after["schema"][0]["quality"] = [other, {"name": "There are rows", **rule}]

    rows = [row for group in groups_of(diff(before, after)) for row in group.rows]

    said = {row.change.code: (row.text, row.after) for row in rows}
    assert "library, rowCount, more than 0 rows" in {after for _, after in said.values()}
    assert "1 hour" in {after for _, after in said.values()}
    assert said["tags-changed"] == (
        "The contract: tags changed from nothing to golden, daily.",
        "golden, daily",
    )


def test_an_unknown_version_is_not_found(logged_in, three):
    answer = logged_in.get(diff_url(three[0].contract, to="9.9.9"))

    assert answer.status_code == 404
    assert "9.9.9" in answer.json()["detail"]


def test_a_first_version_has_nothing_to_be_compared_with(logged_in, three):
    answer = logged_in.get(diff_url(three[0].contract, to="1.0.0"))

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["problems"]] == ["version-missing"]


def test_a_contract_that_one_may_not_see_is_not_there(client, team):
    contract = ContractFactory(owner=team, visibility="restricted")
    client.force_login(UserFactory())

    assert client.get(diff_url(contract)).status_code == 404
    assert client.get(reverse("contracts:diff", args=[contract.pk])).status_code == 404


def test_readers_that_one_may_not_see_are_only_counted(three):
    seen = reader_of(three[0])
    reader_of(three[0], visibility=Visibility.RESTRICTED)
    reader_of(three[0], status=ProductStatus.RETIRED)
    named = ProductFactory()
    InputPort.objects.create(
        product=named, name="by id", contract_document_id="orders-contract", version="1"
    )

    found = affected_parties(actor_for(UserFactory()), three[0].contract)

    assert {party.id for party in found.parties} == {seen.fqn, named.fqn}
    assert found.hidden == 1
    everything = affected_parties(
        actor_for(UserFactory(portal_role=PortalRole.STEWARD)), three[0].contract
    )
    assert (len(everything.parties), everything.hidden) == (3, 0)


def test_a_port_that_one_may_not_see_is_not_named(three):
    reader_of(three[0])
    source = InputPort.objects.get().source
    source.product.visibility = Visibility.RESTRICTED
    source.product.save()

    (party,) = affected_parties(actor_for(UserFactory()), three[0].contract).parties

    assert party.via == "orders"


def test_who_is_affected_costs_the_same_for_one_and_for_many(three):
    actor = actor_for(UserFactory())

    def cost():
        with CaptureQueriesContext(connection) as asked:
            affected_parties(actor, three[0].contract)
        return len(asked)

    reader_of(three[0])
    one = cost()
    for _ in range(5):
        reader_of(three[0])

    assert cost() == one <= 26  # with reading the graph, which small ones do each time


def test_what_breaks_consumers_between_two_versions(three, django_assert_max_num_queries):
    first, second, third = (version.pk for version in three)

    assert selectors.breaking_between(first, second) == []
    assert [each.code for each in selectors.breaking_between(second, third)] == ["column-removed"]
    with django_assert_max_num_queries(1):
        selectors.breaking_between(second, third)
    with pytest.raises(NotFound):
        selectors.breaking_between(first, 0)


def test_what_only_asks_more_of_the_producer_does_not_break_consumers(team, three):
    more = contract_data(version="3.0.0")
    more["schema"][0]["properties"][1]["required"] = True
    version, _ = services.save_version(
        document=document(more), actor=system_actor(), owner=team, domain=team.domain
    )

    assert selectors.breaking_between(three[0].pk, version.pk) == []


def test_a_replaced_draft_is_compared_anew(team):
    def save(**values):
        return services.save_version(
            document=document(contract_data(**values)),
            actor=system_actor(),
            owner=team,
            domain=team.domain,
        )[0]

    old, draft = save(), save(version="2.0.0", status="draft")
    assert selectors.breaking_between(old.pk, draft.pk) == []
    save(version="2.0.0", status="draft", schema=[])

    assert [each.code for each in selectors.breaking_between(old.pk, draft.pk)] == [
        "object-removed"
    ]


def test_a_comparison_without_versions_is_refused():
    with pytest.raises(Invalid, match="none before"):
        selectors.comparison(ContractFactory())


def test_the_page_groups_changes_and_links_those_affected(logged_in, three):
    reader = reader_of(three[0])
    url = reverse("contracts:diff", args=[three[0].contract_id])

    page = logged_in.get(f"{url}?from=1.0.0&to=2.0.0").content.decode()

    assert "This breaks consumers." in page
    assert page.index('id="changes-breaking"') < page.index('id="changes-cosmetic"')
    assert "<code>orders.amount</code>" in page
    assert ">Column removed</p>" in page
    assert reader.get_absolute_url() in page
    assert "/diff?from=1.0.0&amp;to=2.0.0" in page
    assert "changes-compatible" not in page


def test_the_page_of_a_first_version_says_why_it_is_empty(logged_in, three):
    url = reverse("contracts:diff", args=[three[0].contract_id])

    answer = logged_in.get(f"{url}?to=1.0.0")

    assert answer.status_code == 200
    assert "Nothing to compare with" in answer.content.decode()
    assert logged_in.get(f"{url}?to=7").status_code == 404


def test_the_contract_page_lists_versions_and_leads_to_what_changed(logged_in, three):
    page = logged_in.get(three[0].contract.get_absolute_url()).content.decode()

    assert page.count(">What changed<") == 2
    assert '<option value="1.1.0" selected>' in page


def test_the_page_escapes_what_stands_in_documents(logged_in, team, three):
    name = "<script>alert(1)</script>"
    services.save_version(
        document=document(contract_data(version="3.0.0", name=name, tags=[name])),
        actor=system_actor(),
        owner=team,
        domain=team.domain,
    )

    page = logged_in.get(reverse("contracts:diff", args=[three[0].contract_id])).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("new", "version", "title", "text"),
    [
        (contract_data(), "1.0.0", "Nothing changed.", "Both versions"),
        (without_amount(), "1.0.0", "This breaks consumers.", "has not grown"),
        (without_amount(), "1.1.0", "This breaks consumers.", "a minor step only"),
        (without_amount(), "2.0.0", "This breaks consumers.", "the number says so"),
        (without_amount(), "next", "This breaks consumers.", "cannot be compared"),
        (contract_data(tags=["a"]), "1.0.1", "Nothing breaks.", "new patch version"),
    ],
)
def test_the_verdict_reads_as_a_sentence(new, version, title, text):
    changes = diff(contract_data(), new)

    verdict = verdict_text(summarise(changes, old_version="1.0.0", new_version=version))

    assert verdict.title == title
    assert text in verdict.text


def test_the_command_for_a_shell_quotes_what_the_name_of_a_version_holds():
    assert curl_of("https://x/?to='a").endswith("'https://x/?to='\"'\"'a'")
