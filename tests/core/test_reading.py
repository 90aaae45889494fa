"""Rows by keys: what a read rule keeps away stays away, in whatever form the rule comes."""

import pytest
from django.db import NotSupportedError

from accounts.models import Team
from core.reading import visible_among
from tests.factories import TeamFactory

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
