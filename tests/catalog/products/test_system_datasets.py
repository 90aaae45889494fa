"""Datasets behind the interfaces of systems: each at one port, told when they change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalog.products.services import put_system
from core.errors import Invalid
from core.models import OutboxEvent
from tests.catalog.products.test_systems import behind, shop, state
from tests.factories import DomainFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="shop", domain=DomainFactory(path="sales", name="Sales"))


@pytest.fixture
def actor(team):
    return actor_for(member_of(team))


def test_a_dataset_belongs_to_one_port(team, actor):
    put_system(data=shop(team, ports=(behind(("kafka://x", "orders")),)), actor=actor)
    other = replace(
        shop(team, ports=(behind(("kafka://x", "orders")),)), document_id="till", slug="till"
    )
    before = state()

    with pytest.raises(Invalid) as refused:
        put_system(data=other, actor=actor)

    [problem] = refused.value.problems
    assert (problem.pointer, problem.code) == ("/ports/0/datasets/0", "dataset-taken")
    assert "sales.web-shop/tables has" in problem.message
    assert state() == before


def test_datasets_that_change_are_told_and_those_left_out_stay(team, actor):
    system, _, _ = put_system(data=shop(team, ports=(behind(("a", "x")),)), actor=actor)

    _, same, _ = put_system(data=shop(team, ports=(behind(("a", "x")),)), actor=actor)
    kept = replace(behind(), datasets=None, title="Tables")
    _, _, titled = put_system(data=shop(team, ports=(kept,)), actor=actor)
    _, _, changes = put_system(
        data=shop(team, ports=(replace(kept, datasets=(("a", "y"), ("b", "*"))),)), actor=actor
    )

    assert same == "unchanged"
    assert [each["field"] for each in titled] == ["port tables"]
    assert changes == ({"field": "datasets of port tables", "from": 1, "to": 2},)
    rows = system.ports.get().datasets.values_list("namespace", "name")
    assert set(rows) == {("a", "y"), ("b", "*")}
    events = OutboxEvent.objects.filter(topic="system.changed").order_by("pk")
    assert [each.payload["namespaces"] for each in events] == [[], ["a"], ["a"]]
