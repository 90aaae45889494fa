"""The publish gate, whichever way a product goes out; what a descriptor may say beside it."""

from dataclasses import replace

import pytest

from accounts.actors import system_actor
from catalog.governance.models import ClassificationLevel, Evaluation
from catalog.governance.services import Enforcement, PolicyData, save_policy
from catalog.products import services
from catalog.products.descriptors import process
from catalog.products.descriptors.export import descriptor_of
from catalog.products.models import DataProduct, FormerName, OutputPort, Revision
from catalog.products.services import LinkData, OwnershipData, PortData, ProductData
from catalog.search.models import SearchEntry
from core import outbox
from core.errors import Invalid
from core.models import AuditEvent, OutboxEvent
from tests.factories import ContractVersionFactory, DomainFactory, TeamFactory, member_of
from tests.factories.documents import contract_data, product_data, stream

pytestmark = pytest.mark.django_db
ACTOR = system_actor()


@pytest.fixture
def team():
    return TeamFactory(slug="sales", domain=DomainFactory(path="sales", name="Sales"))


@pytest.fixture
def data(team) -> ProductData:
    named = ContractVersionFactory(contract__owner=team).contract.document_id
    return ProductData(
        document_id="orders",
        name="Orders",
        domain=team.domain,
        owner=team,
        purpose="All orders",
        status="active",
        ports=(PortData("table", contract_id=named),),
    )


def many(data: ProductData, count: int, **values) -> list[ProductData]:
    return [replace(data, document_id=f"p{at}", name=f"P {at}", **values) for at in range(count)]


def policy(team, rule: str, *, enforced: bool = True, name: str = "Rule"):
    data = PolicyData(name=name, rule=rule, words="x", mend="Mend it.", owner=team)
    enforcement = Enforcement(None) if enforced else None
    return save_policy(data=data, actor=ACTOR, enforcement=enforcement).policy


def put(*items: ProductData):
    return services.put_products(items=items, actor=ACTOR)


def codes(outcome) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in outcome.problems]


def test_what_may_not_go_out_is_refused_and_the_rest_is_written(data):
    good, bad, draft = many(data, 3)
    bad = replace(bad, purpose="", ports=(PortData("table"),))
    draft = replace(draft, status="draft", purpose="")

    outcomes = put(good, bad, draft)

    assert [each.action for each in outcomes] == ["create", "refused", "create"]
    assert codes(outcomes[1]) == [
        ("/purpose", "purpose-missing"),
        ("/ports/0/contractId", "contract-missing"),
    ]
    assert set(DataProduct.objects.values_list("document_id", flat=True)) == {"p0", "p2"}
    for model in (Revision, SearchEntry, AuditEvent):
        assert model.objects.count() == 2, model
    assert OutboxEvent.objects.filter(topic="product.changed").count() == 2
    assert OutputPort.objects.count() == 2


def test_a_draft_that_becomes_active_is_asked_as_well(data):
    put(replace(data, status="draft", purpose=""))

    (outcome,) = put(replace(data, purpose=""))

    assert codes(outcome) == [("/purpose", "purpose-missing")]
    assert DataProduct.objects.get().status == "draft"


def test_an_enforced_policy_refuses_and_a_draft_of_one_warns(data, team):
    policy(team, 'description != ""')
    policy(team, 'classification != ""', enforced=False, name="Classes")

    (refused,) = put(data)
    (taken,) = put(replace(data, description="Orders of all shops."))

    assert codes(refused) == [("", "policy-failed")]
    assert taken.action == "create"
    assert [each.policy for each in taken.warnings] == ["Classes"]


def test_what_is_out_already_may_go_on_breaking_a_rule_but_not_begin_to(data, team):
    put(data, replace(data, document_id="other", name="Other", description="Said."))
    policy(team, 'description != ""')
    other = replace(data, document_id="other", name="Other")

    broken_before, newly_broken = put(replace(data, usage="Reports"), other)

    assert broken_before.action == "update"
    assert [each.code for each in broken_before.warnings] == ["policy-failed"]
    assert codes(newly_broken) == [("", "policy-failed")]
    assert DataProduct.objects.get(document_id="other").description == "Said."


def test_a_published_product_keeps_its_purpose(data):
    product = put(data)[0].product

    with pytest.raises(Invalid) as refusal:
        services.edit_product(product=product, values={"purpose": ""}, actor=ACTOR)

    assert [each.code for each in refusal.value.problems] == ["purpose-missing"]
    assert DataProduct.objects.get().purpose == "All orders"


@pytest.mark.parametrize("count", [2, 20])
def test_the_gate_takes_as_many_statements_for_two_as_for_twenty(
    data, team, count, django_assert_max_num_queries
):
    policy(team, 'name != ""')
    put(*many(data, count))

    with django_assert_max_num_queries(62):
        outcomes = put(*many(data, count, usage="Reports"))

    assert {each.action for each in outcomes} == {"update"}


def apply(*documents, mode="apply", **values):
    return process(
        text=stream(*documents), mode=mode, actor=ACTOR, domain="sales", team="sales", **values
    )


@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_a_document_is_refused_with_places_and_stays_valid(team, mode):
    given = product_data(description={}, outputPorts=[])

    (document,) = apply(given, mode=mode).documents

    assert (document.valid, document.action) == (True, "refused")
    assert [(each.pointer, each.code) for each in document.problems] == [
        ("/description/purpose", "purpose-missing"),
        ("/outputPorts", "port-missing"),
    ]
    assert not DataProduct.objects.exists()


def test_validate_only_warns(team):
    (document,) = apply(product_data(description={}, outputPorts=[]), mode="validate").documents

    assert (document.valid, document.action) == (True, "create")
    assert {each.severity for each in document.problems} == {"warning"}


def test_a_class_that_a_steward_added_may_be_given_and_no_other(data):
    ClassificationLevel.objects.create(slug="secret", name="Secret", rank=9)

    (taken, refused) = put(
        replace(data, classification="secret"),
        replace(data, document_id="b", name="B", classification="cosmic"),
    )

    assert taken.product.classification == "secret"
    assert codes(refused) == [("/classification", "not-in-list")]


def test_a_class_comes_from_a_descriptor_as_well(team):
    ClassificationLevel.objects.create(slug="secret", name="Secret", rank=9)
    said = [{"property": "classification", "value": "Secret"}]

    apply(contract_data(), product_data(customProperties=said))

    assert DataProduct.objects.get().classification == "secret"


def test_tags_are_trimmed_each_once_and_not_too_many(data):
    taken, refused = put(
        replace(data, tags=(" Retail ", "", "Retail", "eu", "  ")),
        replace(data, document_id="b", name="B", tags=tuple(f"t{at}" for at in range(51))),
    )

    assert taken.product.tags == ["Retail", "eu"]
    assert codes(refused) == [("/tags", "too-many")]


def test_unknown_people_and_other_links_of_a_descriptor_are_told_and_kept_in_it(team):
    member_of(team, username="ada")
    given = product_data(
        team={
            "name": "sales",
            "members": [
                {"username": "ada", "role": "steward"},
                {"username": "jane.elsewhere", "role": "expert"},
            ],
        },
        support=[{"channel": "chat", "url": "slack://general"}],
    )

    _, document = apply(contract_data(), given).documents

    assert document.action == "create"
    assert [(each.pointer, each.code, each.severity) for each in document.problems] == [
        ("/support", "bad-link", "warning"),
        ("/team/members", "unknown-user", "warning"),
    ]
    product = DataProduct.objects.select_related("domain", "owner").get()
    assert [each.user.username for each in product.ownerships.all()] == ["ada"]
    assert product.links == []
    exported, _ = descriptor_of(product)
    assert (exported["team"], exported["support"]) == (given["team"], given["support"])
    services.edit_product(product=product, values={"purpose": "Every order"}, actor=ACTOR)
    product.refresh_from_db()
    exported, _ = descriptor_of(product)
    assert (exported["team"], exported["support"]) == (given["team"], given["support"])
    assert apply(exported).documents[0].action == "unchanged"


def test_in_a_form_they_are_errors(data):
    outcomes = put(
        replace(data, ownerships=(OwnershipData("expert", user="nobody"),)),
        replace(data, document_id="b", name="B", links=(LinkData("support", "chat", "slack://x"),)),
    )

    assert [[each.code for each in outcome.problems] for outcome in outcomes] == [
        ["unknown-user"],
        ["bad-link"],
    ]


@pytest.mark.parametrize("way", ["rest", "page"])
def test_a_former_name_is_given_up(data, client, team, way):
    put(data)
    product = put(replace(data, name="All orders"))[0].product
    client.force_login(member_of(team))
    assert "sales.orders" in client.get(f"/products/{product.fqn}/edit/").content.decode()

    if way == "rest":
        path = f"/api/v1/products/{product.fqn}/former-names/sales.orders"
        status = client.delete(path).status_code
    else:
        path = f"/products/{product.fqn}/former-names/"
        status = client.post(path, {"name": "sales.orders"}).status_code

    assert status == (204 if way == "rest" else 302)
    assert not FormerName.objects.exists()
    assert client.get("/products/sales.orders/").status_code == 404


@pytest.mark.parametrize(
    "values",
    [
        {"ownership": [{"kind": "expert", "user": "ada", "team": ""}]},
        {"links": [{"kind": "runbook", "label": "", "url": "https://w.ex"}]},
        {"tags": ["x"]},
    ],
)
def test_a_change_beside_the_columns_is_told_as_well(data, team, values):
    member_of(team, username="ada")
    product = put(data)[0].product
    OutboxEvent.objects.all().delete()

    services.edit_product(product=product, values=values, actor=ACTOR)

    assert OutboxEvent.objects.filter(topic="product.changed").count() == 1


def test_a_new_score_reaches_the_policies_that_ask_for_quality(data, team):
    product = put(data)[0].product
    policy(team, "quality != null && quality >= 90.0")
    scored = {product.pk: services.ScoreData(95.0, 1.0, None, None)}
    while outbox.drain():
        pass
    assert Evaluation.objects.get(subject_id=product.pk).outcome == "fail"

    services.record_scores(scored)
    while outbox.drain():
        pass
    events = OutboxEvent.objects.filter(topic="product.measured")
    told = events.count()
    services.record_scores(scored)

    assert Evaluation.objects.get(subject_id=product.pk).outcome == "pass"
    assert events.count() == told
