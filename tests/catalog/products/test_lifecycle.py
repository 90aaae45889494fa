"""Publishing, deprecating, retiring and removing."""

import pytest

from catalog.products import services
from catalog.products.models import DataProduct
from catalog.products.selectors import publish_blockers
from catalog.search.models import SearchEntry
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import AuditEvent, OutboxEvent
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


def ready_product(**values):
    product = ProductFactory(**{"status": "draft", "purpose": "All orders", **values})
    version = ContractVersionFactory(contract__owner=product.owner)
    PortFactory(product=product, contract=version.contract, contract_version=version)
    return product


def test_a_published_product_is_listed_and_so_is_its_contract():
    product = ready_product()
    owner, stranger = actor_for(member_of(product.owner)), actor_for(UserFactory())
    assert not DataProduct.objects.visible_to(stranger).exists()

    services.publish_product(product=product, actor=owner)

    assert DataProduct.objects.visible_to(stranger).get() == product
    assert SearchEntry.objects.visible_to(stranger).get().object_id == str(product.pk)
    assert product.published_at is not None
    assert AuditEvent.objects.get(verb="product.published").object_id == product.fqn
    assert OutboxEvent.objects.filter(topic="product.changed").exists()


def test_what_is_missing_is_said_and_nothing_is_published():
    product = ProductFactory(status="draft", purpose="")
    PortFactory(product=product, name="table")

    with pytest.raises(Invalid, match="2 things to fix") as refusal:
        services.publish_product(product=product, actor=actor_for(member_of(product.owner)))

    assert [each.code for each in refusal.value.problems] == [
        "purpose-missing",
        "contract-missing",
    ]
    product.refresh_from_db()
    assert product.status == "draft"


def test_a_product_without_ports_has_one_thing_to_fix():
    product = ProductFactory(status="draft", purpose="x")

    assert [each.code for each in publish_blockers(product)] == ["port-missing"]


def test_an_outsider_is_refused_and_nothing_changes():
    product = ready_product()

    with pytest.raises(NotAllowed, match="Only team-"):
        services.publish_product(product=product, actor=actor_for(UserFactory()))

    product.refresh_from_db()
    assert product.status == "draft"


def test_a_product_is_published_once():
    product = ready_product()
    actor = actor_for(member_of(product.owner))
    services.publish_product(product=product, actor=actor)

    with pytest.raises(InvalidTransition):
        services.publish_product(product=product, actor=actor)

    assert AuditEvent.objects.filter(verb="product.published").count() == 1


def test_the_loser_of_a_race_gets_invalid_transition():
    product = ready_product()
    stale = DataProduct.objects.get(pk=product.pk)
    actor = actor_for(member_of(product.owner))
    services.publish_product(product=product, actor=actor)

    with pytest.raises(InvalidTransition):
        services.publish_product(product=stale, actor=actor)


def test_a_published_product_is_deprecated_before_it_is_retired():
    product, successor = ready_product(), ProductFactory()
    actor = actor_for(member_of(product.owner))
    services.publish_product(product=product, actor=actor)
    with pytest.raises(InvalidTransition):
        services.retire_product(product=product, actor=actor)

    services.deprecate_product(product=product, actor=actor, successor=successor)
    assert product.successor == successor
    services.retire_product(product=product, actor=actor)

    assert product.status == "retired"
    assert (
        not DataProduct.objects.visible_to(actor_for(UserFactory())).filter(pk=product.pk).exists()
    )


def test_a_product_cannot_follow_itself():
    product = ready_product(status="active")

    with pytest.raises(Invalid):
        services.deprecate_product(
            product=product, actor=actor_for(member_of(product.owner)), successor=product
        )

    product.refresh_from_db()
    assert product.status == "active"


def test_a_draft_can_be_removed_a_published_product_cannot():
    draft, published = ready_product(), ready_product()
    actor = actor_for(member_of(draft.owner))
    services.publish_product(product=published, actor=actor_for(member_of(published.owner)))

    services.remove_product(product=draft, actor=actor)
    with pytest.raises(InvalidTransition):
        services.remove_product(product=published, actor=actor_for(member_of(published.owner)))

    assert list(DataProduct.objects.all()) == [published]
    assert not SearchEntry.objects.filter(object_id=str(draft.pk)).exists()


def test_a_score_reaches_the_list_at_once():
    product = ready_product(status="active")

    services.record_scores({product.pk: services.ScoreData(87.5, 0.5, None, None)})

    assert SearchEntry.objects.get(kind="product").score == 87.5
