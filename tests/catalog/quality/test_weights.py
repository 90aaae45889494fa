"""How much dimensions count, and that scores follow: in batches, whatever the order of things."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import system_actor
from accounts.models import Domain
from accounts.selectors import inhabitants
from catalog.products.models import DataProduct
from catalog.quality.models import DimensionScore, DimensionWeight, QualityCheck
from catalog.quality.selectors import weights_of
from catalog.quality.services import (
    ResultData,
    recompute_score,
    record_results,
    set_weights,
    weighing,
)
from catalog.quality.states import Dimension, Outcome
from core import outbox
from core.errors import Invalid, NotAllowed
from core.models import AuditEvent, OutboxEvent
from tests.factories import (
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owners():
    return TeamFactory()


@pytest.fixture
def sales(owners):
    return DomainFactory(path="sales", owner=owners)


@pytest.fixture
def emea(sales):
    return DomainFactory(path="sales.emea", parent=sales)


@pytest.fixture
def actor(owners, sales):
    return actor_for(member_of(owners))


def measured(domain, **outcomes):
    """A product with one result for each dimension."""
    port = PortFactory(product=ProductFactory(owner=TeamFactory(domain=domain)))
    checks = [QualityCheck(port=port, key=name, name=name, dimension=name) for name in outcomes]
    QualityCheck.objects.bulk_create(checks)
    now = timezone.now()
    record_results(
        source="test",
        results=[ResultData(check.pk, outcomes[check.dimension], now) for check in checks],
    )
    return DataProduct.objects.get(pk=port.product_id)


def drain():
    while outbox.drain():
        pass


def test_scores_follow_the_weights_of_the_domain(sales, actor):
    product = measured(sales, timeliness=Outcome.FAIL, completeness=Outcome.PASS)
    assert product.quality_score == 50

    set_weights(domain=sales, weights={"timeliness": 3}, actor=actor)
    drain()

    product.refresh_from_db()
    assert product.quality_score == 25
    shares = dict(DimensionScore.objects.values_list("dimension", "weight"))
    assert shares == {"completeness": 0.25, "timeliness": 0.75}
    event = AuditEvent.objects.get(verb="quality.weighted")
    assert (event.object_id, event.detail) == ("sales", {"before": {}, "after": {"timeliness": 3}})


def test_the_nearest_domain_that_says_something_decides(sales, emea, actor):
    below = measured(emea, timeliness=Outcome.FAIL, completeness=Outcome.PASS)
    set_weights(domain=sales, weights={"timeliness": 3}, actor=actor)
    drain()
    below.refresh_from_db()
    assert below.quality_score == 25
    assert weights_of(emea).source == "sales"

    set_weights(domain=emea, weights={"timeliness": 0}, actor=actor)
    drain()
    below.refresh_from_db()
    assert below.quality_score == 100

    set_weights(domain=emea, weights={}, actor=actor)
    drain()
    below.refresh_from_db()
    assert below.quality_score == 25


def test_a_new_result_is_weighed_too(sales, actor):
    set_weights(domain=sales, weights={"timeliness": 3}, actor=actor)

    product = measured(sales, timeliness=Outcome.FAIL, completeness=Outcome.PASS)

    assert product.quality_score == 25


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"speed": 1}, "unknown-dimension"),
        ({"timeliness": -1}, "out-of-range"),
        ({"timeliness": 101}, "out-of-range"),
        ({"timeliness": float("nan")}, "out-of-range"),
        ({"timeliness": True}, "out-of-range"),
        ({"timeliness": "3"}, "out-of-range"),
        (
            dict.fromkeys(Dimension.values, 0),
            "nothing-counts",
        ),
    ],
)
def test_bad_weights_change_nothing(sales, actor, weights, code):
    set_weights(domain=sales, weights={"accuracy": 2}, actor=actor)

    with pytest.raises(Invalid) as caught:
        set_weights(domain=sales, weights=weights, actor=actor)

    assert [each.code for each in caught.value.problems] == [code]
    assert dict(DimensionWeight.objects.values_list("dimension", "weight")) == {"accuracy": 2}


def test_only_owners_of_the_domain_weigh(sales):
    stranger = actor_for(member_of(TeamFactory()))

    with pytest.raises(NotAllowed):
        set_weights(domain=sales, weights={"accuracy": 2}, actor=stranger)

    assert not DimensionWeight.objects.exists()


def test_the_same_weights_again_are_no_change(sales, actor):
    set_weights(domain=sales, weights={"accuracy": 2}, actor=actor)
    set_weights(domain=sales, weights={"accuracy": 2.0}, actor=actor)

    assert AuditEvent.objects.filter(verb="quality.weighted").count() == 1
    assert OutboxEvent.objects.filter(topic="quality.weights-changed").count() == 1


def test_products_are_scored_in_batches_that_go_on_where_the_last_one_ended(
    sales, actor, monkeypatch
):
    monkeypatch.setattr(weighing, "BATCH", 2)
    for _ in range(5):
        measured(sales, timeliness=Outcome.FAIL, completeness=Outcome.PASS)
    outside = measured(DomainFactory(), timeliness=Outcome.FAIL, completeness=Outcome.PASS)

    set_weights(domain=sales, weights={"timeliness": 3}, actor=actor)
    [first] = OutboxEvent.objects.filter(topic="quality.weights-changed")
    weighing.rescore_domain(first)

    assert DataProduct.objects.filter(quality_score=25).count() == 2
    drain()  # the first one again, and those after it
    drain()
    assert DataProduct.objects.filter(quality_score=25).count() == 5
    outside.refresh_from_db()
    assert outside.quality_score == 50


def test_a_product_that_moves_is_weighed_as_its_new_domain_says(sales, actor):
    product = measured(DomainFactory(), timeliness=Outcome.FAIL, completeness=Outcome.PASS)
    set_weights(domain=sales, weights={"timeliness": 3}, actor=actor)
    drain()

    DataProduct.objects.filter(pk=product.pk).update(domain=sales)
    outbox.emit("product.changed", key=product.pk, product_id=str(product.pk))
    drain()

    product.refresh_from_db()
    assert product.quality_score == 25


def test_weights_do_not_keep_a_domain_from_being_removed(sales, actor):
    set_weights(domain=sales, weights={"accuracy": 2}, actor=actor)

    assert inhabitants(sales) == []


def test_a_score_that_is_right_already_is_not_written(sales, django_assert_max_num_queries):
    product = measured(sales, timeliness=Outcome.FAIL, completeness=Outcome.PASS)
    rows = dict(DimensionScore.objects.values_list("dimension", "pk"))
    told = OutboxEvent.objects.filter(topic="product.measured").count()

    recompute_score(product_id=product.pk)

    assert dict(DimensionScore.objects.values_list("dimension", "pk")) == rows
    assert OutboxEvent.objects.filter(topic="product.measured").count() == told


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("result"),
            st.integers(0, 4),
            st.sampled_from([Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.ERROR]),
            st.integers(0, 40),
        ),
        st.tuples(
            st.just("weigh"),
            st.sampled_from(["sales", "sales.emea"]),
            st.dictionaries(
                st.sampled_from(["timeliness", "completeness", "uniqueness"]),
                st.sampled_from([0, 0.5, 1, 3]),
            ),
        ),
        st.tuples(st.just("drain")),
    ),
    max_size=12,
)
SHAPE = ["timeliness", "completeness", "completeness", "uniqueness", "accuracy"]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STEPS)
def test_what_was_kept_step_by_step_is_what_is_reckoned_from_scratch(emea, steps):
    QualityCheck.objects.all().delete()
    DimensionWeight.objects.all().delete()
    port = PortFactory(product=ProductFactory(owner=TeamFactory(domain=emea)))
    checks = [
        QualityCheck(port=port, key=str(n), name=str(n), dimension=each, weight=1 + n % 2)
        for n, each in enumerate(SHAPE)
    ]
    QualityCheck.objects.bulk_create(checks)
    start = timezone.now() - dt.timedelta(hours=2)
    for step in steps:
        if step[0] == "result":
            _, at, outcome, minute = step
            moment = start + dt.timedelta(minutes=minute)
            record_results(
                source="test", results=[ResultData(checks[at].pk, outcome, moment, 100, 7)]
            )
        elif step[0] == "weigh":
            domain = Domain.objects.get(path=step[1])
            set_weights(domain=domain, weights=step[2], actor=system_actor())
        else:
            drain()
    drain()
    kept = everything(port.product_id)

    DimensionScore.objects.filter(product=port.product_id).delete()
    DataProduct.objects.filter(pk=port.product_id).update(quality_score=None, quality_coverage=0)
    recompute_score(product_id=port.product_id)

    assert everything(port.product_id) == kept


def everything(product_id):
    product = DataProduct.objects.get(pk=product_id)
    rows = DimensionScore.objects.filter(product=product_id)
    return (
        product.quality_score,
        product.quality_coverage,
        product.quality_measured_at,
        product.quality_stale_at,
        list(rows.values_list("dimension", "score", "weight", "checks")),
    )
