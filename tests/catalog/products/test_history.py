"""Revisions, edits, reverts, hand-overs: what a product was, and who may change it how."""

from dataclasses import replace

import pytest

from accounts.actors import system_actor
from accounts.states import TeamRole
from catalog.products import selectors, services
from catalog.products.descriptors.export import descriptor_of
from catalog.products.models import (
    DataProduct,
    FormerName,
    Revision,
)
from catalog.products.services import (
    PortData,
    RevisionDiffers,
)
from core.documents import Document, dump_yaml
from core.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from core.models import AuditEvent
from tests.catalog.products.conftest import codes, put
from tests.factories import (
    ContractFactory,
    ContractVersionFactory,
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


def test_every_change_is_a_revision_with_its_fields(data):
    product = put(data).product
    put(replace(data, purpose="Other", ports=(PortData("table"),)))
    services.retire_product(product=product, actor=system_actor())

    rows = selectors.history(product).rows
    assert [(each.number, each.verb) for each in rows] == [
        (3, "product.retired"),
        (2, "product.updated"),
        (1, "product.created"),
    ]
    assert rows[0].changes == [{"field": "status", "from": "draft", "to": "retired"}]
    assert [each["field"] for each in rows[1].changes] == ["purpose", "port table@1"]


def test_the_history_comes_in_pages(data):
    product = put(data).product
    for n in range(4):
        put(replace(data, purpose=str(n)))

    first = selectors.history(product, size=3)
    rest = selectors.history(product, size=3, cursor=first.next_cursor)

    assert [each.number for each in [*first.rows, *rest.rows]] == [5, 4, 3, 2, 1]


def test_a_revert_makes_a_new_revision_like_the_old_one(data):
    version = ContractVersionFactory()
    port = PortData("table", contract_id=version.contract.document_id)
    document = Document({"id": "orders"}, "id: orders  # ours\n", "yaml")
    full = replace(data, ports=(port,), tags=("a",), document=document)
    product = put(full).product
    put(replace(data, name="All orders", tags=("b",)))

    saved = services.revert_product(product=product, number=1, actor=system_actor())

    assert saved.product.fqn == f"{data.domain.path}.orders"
    assert saved.product.text == "id: orders  # ours\n"
    assert saved.product.output_ports.get().contract_version == version
    first, last = Revision.objects.get(number=1), Revision.objects.get(number=3)
    assert first.snapshot == last.snapshot
    assert (last.verb, last.note) == ("product.reverted", "Back to revision 1")


def test_a_revert_never_takes_a_product_out_of_the_marketplace(data):
    port = PortData("table", contract_id=ContractVersionFactory().contract.document_id)
    data = replace(data, ports=(port,))
    product = put(data).product
    put(replace(data, status="active"))

    services.revert_product(product=product, number=1, actor=system_actor())

    assert DataProduct.objects.get().status == "active"


def test_a_revert_says_when_a_contract_version_is_gone(data):
    version = ContractVersionFactory()
    port = PortData("table", contract_id=version.contract.document_id)
    product = put(replace(data, ports=(port,))).product
    put(data)
    version.contract.delete()

    with pytest.raises(Invalid) as refusal:
        services.revert_product(product=product, number=1, actor=system_actor())

    assert codes(refusal) == ["unknown-contract"]
    assert Revision.objects.count() == 2


def test_a_preview_changes_nothing(data):
    product = put(data).product
    put(replace(data, purpose="Other"))

    changes = services.revert_preview(product=product, number=1, actor=system_actor())

    assert changes == ({"field": "purpose", "from": "Other", "to": "All orders"},)
    assert DataProduct.objects.get().purpose == "Other"
    with pytest.raises(NotFound):
        services.revert_preview(product=product, number=9, actor=system_actor())


def test_an_edit_keeps_the_document_as_given_and_the_export_says_both(data):
    body = {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": "orders",
        "name": "Orders",
        "description": {"purpose": "All orders", "authoritative": 1},
        "custom": {"x": 1},
    }
    product = put(replace(data, document=Document(body, dump_yaml(body), "yaml"))).product

    saved = services.edit_product(
        product=product, values={"purpose": "Every order"}, actor=system_actor()
    )

    assert saved.changes[0] == {"field": "purpose", "from": "All orders", "to": "Every order"}
    assert saved.product.document == body
    exported, _ = descriptor_of(saved.product)
    assert exported["description"] == {"purpose": "Every order", "authoritative": 1}
    assert exported["custom"] == {"x": 1}


def test_an_edit_of_what_somebody_else_changed_shows_both_versions(data):
    product = put(data).product
    put(replace(data, purpose="Theirs"))

    with pytest.raises(RevisionDiffers) as refusal:
        services.edit_product(
            product=product,
            values={"purpose": "Mine", "name": "Orders"},
            actor=system_actor(),
            expected=1,
        )

    assert refusal.value.context["current"] == {"purpose": "Theirs"}
    assert refusal.value.context["yours"] == {"purpose": "Mine"}
    assert DataProduct.objects.get().purpose == "Theirs"


def test_a_move_to_another_domain_needs_a_right_there(data):
    actor = actor_for(member_of(data.owner))
    product = put(data, actor=actor).product
    elsewhere = DomainFactory(path="elsewhere")
    below = DomainFactory(path=f"{data.domain.path}.below", parent=data.domain)

    with pytest.raises(NotAllowed, match="Only an owner of elsewhere"):
        put(replace(data, domain=elsewhere), actor=actor)
    assert DataProduct.objects.get().fqn == product.fqn

    moved = put(replace(data, domain=below), actor=actor).product
    assert moved.fqn == f"{below.path}.orders"
    assert selectors.product_by_fqn(system_actor(), product.fqn).pk == product.pk


def test_a_hand_over_takes_the_contracts_along_that_only_this_product_names():
    product = ProductFactory()
    own, shared = (ContractFactory(owner=product.owner) for _ in range(2))
    for at, contract in enumerate((own, shared)):
        version = ContractVersionFactory(contract=contract)
        PortFactory(product=product, name=f"p{at}", contract=contract, contract_version=version)
    PortFactory(contract=shared)
    team = TeamFactory()
    actor = actor_for(member_of(product.owner))

    services.hand_over_product(product=product, to_team=team, actor=actor, note="They know it")

    product.refresh_from_db()
    own.refresh_from_db()
    shared.refresh_from_db()
    assert (product.owner, own.owner) == (team, team)
    assert shared.owner != team
    assert Revision.objects.get().note == "They know it"
    assert AuditEvent.objects.filter(verb="product.handed-over").exists()


def test_only_owners_hand_over():
    product = ProductFactory()
    contributor = actor_for(member_of(product.owner, TeamRole.CONTRIBUTOR))

    with pytest.raises(NotAllowed):
        services.hand_over_product(product=product, to_team=TeamFactory(), actor=contributor)
    with pytest.raises(Invalid) as refusal:
        services.hand_over_product(
            product=product, to_team=product.owner, actor=actor_for(member_of(product.owner))
        )

    assert codes(refusal) == ["same-team"]
    assert not Revision.objects.exists()


def test_a_former_name_can_be_given_up(data):
    product = put(data).product
    former = product.fqn
    put(replace(data, name="All orders"))

    services.release_name(product=product, fqn=former, actor=system_actor())

    assert not FormerName.objects.exists()
    assert put(replace(data, document_id="new")).product.fqn == former
    with pytest.raises(NotFound):
        services.release_name(product=product, fqn=former, actor=system_actor())


def test_a_proposal_is_accepted_as_a_draft():
    product = ProductFactory(status="proposed")
    stranger = actor_for(UserFactory())

    with pytest.raises(NotAllowed):
        services.accept_product(product=product, actor=stranger)
    services.accept_product(product=product, actor=actor_for(member_of(product.owner)))

    assert DataProduct.objects.get().status == "draft"
    with pytest.raises(InvalidTransition):
        services.accept_product(product=product, actor=system_actor())


def test_a_proposal_is_not_published_before_it_is_accepted(client):
    product = PortFactory(product__status="proposed", product__purpose="").product
    client.force_login(member_of(product.owner))

    answer = client.post(f"/api/v1/products/{product.fqn}/publish")
    by_hand = client.post(f"/products/{product.fqn}/publish/")
    page = client.get(f"/products/{product.fqn}/").content.decode()

    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["pointer"], problem["code"]) == (
        422,
        "/status",
        "not-accepted",
    )
    assert "accept it as a draft first" in problem["message"]
    assert by_hand.status_code == 422
    assert "accept it as a draft first" in by_hand.content.decode()
    assert f'action="/products/{product.fqn}/accept/"' in page
    assert f'action="/products/{product.fqn}/publish/"' not in page
    assert DataProduct.objects.get().status == "proposed"


def test_a_successor_goes_on_and_does_not_lead_back():
    first, second, gone = ProductFactory(), ProductFactory(), ProductFactory(status="retired")
    actor = system_actor()

    def refused(product, successor) -> list[str]:
        with pytest.raises(Invalid) as refusal:
            services.deprecate_product(product=product, successor=successor, actor=actor)
        return codes(refusal)

    assert refused(first, gone) == ["successor-retired"]
    assert refused(first, first) == ["own-successor"]
    services.deprecate_product(product=first, successor=second, actor=actor)
    assert refused(second, first) == ["successor-cycle"]
    second.refresh_from_db()
    assert second.status == "active"


def test_a_sunset_lies_in_the_future():
    product = ProductFactory()

    with pytest.raises(Invalid) as refusal:
        services.deprecate_product(
            product=product, actor=system_actor(), sunset_on=product.created_at.date()
        )

    assert codes(refusal) == ["sunset-in-the-past"]
