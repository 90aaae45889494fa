"""Rows by keys: what a read rule keeps away stays away, in whatever form the rule comes."""

import pytest
from django.db import NotSupportedError

from accounts.actors import VISITOR, Actor
from accounts.models import Team
from accounts.states import PortalRole
from catalog.products.models import DataProduct
from catalog.products.states import ProductStatus, Visibility
from core import prepared
from core.reading import compiled, seen_among, visible_among
from tests.factories import ProductFactory, TeamFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams() -> tuple[Team, Team]:
    return TeamFactory(slug="seen"), TeamFactory(slug="hidden")


def slugs_of(visible, teams) -> list[str]:
    return sorted(
        row["slug"] for row in visible_among(visible, ["id", "slug"], [t.pk for t in teams])
    )


def test_without_a_rule_all_that_are_asked_for_are_there(teams):
    assert slugs_of(Team.objects.all(), teams) == ["hidden", "seen"]
    assert slugs_of(Team.objects.all(), teams[:1]) == ["seen"]


@pytest.mark.parametrize(
    "rule",
    [
        lambda: Team.objects.filter(slug="seen"),
        lambda: Team.objects.exclude(slug="hidden"),
        lambda: Team.objects.filter(slug="seen") | Team.objects.filter(slug="other"),
    ],
)
def test_a_rule_keeps_rows_away(teams, rule):
    assert slugs_of(rule(), teams) == ["seen"]


def test_nothing_is_seen_of_nothing(teams):
    assert slugs_of(Team.objects.none(), teams) == []


@pytest.mark.parametrize(
    "rule",
    [
        lambda: Team.objects.all().intersection(Team.objects.filter(slug="seen")),
        lambda: Team.objects.all().difference(Team.objects.filter(slug="hidden")),
        lambda: Team.objects.all()[:1],
    ],
)
def test_a_rule_that_cannot_be_narrowed_is_refused_and_not_passed_over(teams, rule):
    with pytest.raises((NotSupportedError, TypeError)) as refused:
        slugs_of(rule(), teams)
    assert "after" in str(refused.value) or "slice" in str(refused.value)


def seen(actor: Actor, products: list[DataProduct], columns=("id", "fqn")) -> set[str]:
    rows = seen_among(DataProduct, actor, list(columns), [each.pk for each in products])
    return {row["fqn"] for row in rows}


@pytest.mark.parametrize("columns", [("id", "fqn"), ("id", "fqn", "links")])
def test_whoever_comes_again_sees_what_the_read_rule_lets_through_now(columns):
    team, other = TeamFactory(), TeamFactory()
    products = [
        ProductFactory(status=ProductStatus.ACTIVE),
        ProductFactory(owner=team, status=ProductStatus.DRAFT),
        ProductFactory(owner=other, visibility=Visibility.RESTRICTED),
    ]
    actors = [
        Actor(user_id=1, name="a", role=PortalRole.MEMBER, team_ids=frozenset(teams))
        for teams in ([], [team.pk], [other.pk], [team.pk, other.pk])
    ]
    actors += [Actor(user_id=1, name="a", role=PortalRole.STEWARD), VISITOR]

    for turn in range(2):
        for actor in actors:
            visible = DataProduct.objects.visible_to(actor)
            expected = set(visible.values_list("fqn", flat=True))
            assert seen(actor, products, columns) == expected
        assert len(expected) == 0, "a visitor sees nothing"
        if turn == 0:
            DataProduct.objects.filter(pk=products[0].pk).update(owner=other, status="draft")


def test_only_those_that_are_asked_for_are_seen():
    products = [ProductFactory(status=ProductStatus.ACTIVE) for _ in range(3)]
    actor = Actor(user_id=1, name="a", role=PortalRole.MEMBER)

    assert seen(actor, products[:2]) == {each.fqn for each in products[:2]}
    assert seen(actor, products[2:]) == {products[2].fqn}
    assert seen(actor, []) == set()


def test_a_kept_statement_names_the_states_and_takes_all_else():
    for status in (ProductStatus.ACTIVE, ProductStatus.DRAFT):
        ProductFactory(name="50% o'clock", status=status)
    rows = DataProduct.objects.filter(status__in=[ProductStatus.ACTIVE]).values_list("status")

    for kept, params in ((rows, ()), (rows.filter(name="50% o'clock"), ("50% o'clock",))):
        sql, asked = compiled(kept)
        assert "'active'" in sql
        assert asked == params
        assert prepared.ask(sql, *asked) == [("active",)]
