"""A product by token: who asks and what they ask are one statement, and rights are those of now."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import actors
from accounts.models import Membership, Team, User
from accounts.services import create_token
from catalog.products.models import DataProduct
from tests.factories import ProductFactory, TeamFactory, UserFactory, member_of

pytestmark = pytest.mark.django_db

Read = Callable[[str], int]


def reader_with(user: User, **token: object) -> Read:
    """The status that a script of this user gets for a product."""
    _, text = create_token(user=user, name="t", **{"scopes": ["read"], **token})
    headers = {"authorization": f"Bearer {text}"}
    return lambda fqn: Client().get(f"/api/v1/products/{fqn}", headers=headers).status_code


@pytest.fixture
def team() -> Team:
    return TeamFactory()


@pytest.fixture
def draft(team: Team) -> DataProduct:
    """Seen by its team alone."""
    return ProductFactory(owner=team, status="draft")


def test_from_the_second_call_on_it_takes_one_statement(team, draft, django_assert_num_queries):
    read = reader_with(member_of(team))
    others = [ProductFactory(owner=team).fqn for _ in range(2)]
    assert read(draft.fqn) == 200

    for fqn in (draft.fqn, *others):
        with django_assert_num_queries(1):
            assert read(fqn) == 200


def test_who_has_left_the_team_is_refused_at_the_next_call(team, draft):
    user = member_of(team)
    read = reader_with(user)
    assert [read(draft.fqn), read(draft.fqn)] == [200, 200]

    Membership.objects.filter(user=user).delete()

    assert [read(draft.fqn), read(draft.fqn)] == [404, 404]


def test_who_has_joined_the_team_reads_at_the_next_call(team, draft):
    user = UserFactory()
    read = reader_with(user)
    assert [read(draft.fqn), read(draft.fqn)] == [404, 404]

    Membership.objects.create(user=user, team=team, role="viewer")

    assert [read(draft.fqn), read(draft.fqn)] == [200, 200]


def test_a_steward_no_more_sees_no_more(draft):
    user = UserFactory(portal_role="steward")
    read = reader_with(user)
    assert [read(draft.fqn), read(draft.fqn)] == [200, 200]

    User.objects.filter(pk=user.pk).update(portal_role="member")

    assert [read(draft.fqn), read(draft.fqn)] == [404, 404]


def test_each_token_of_one_person_is_somebody_of_their_own(team, draft):
    user = member_of(team)
    other = Membership.objects.create(user=user, team=TeamFactory(), role="owner").team
    for_all, for_other = reader_with(user), reader_with(user, team=other)

    assert [(for_all(draft.fqn), for_other(draft.fqn)) for _ in range(3)] == [(200, 404)] * 3


def test_a_token_that_may_not_read_reads_nothing(team, draft):
    user = member_of(team)
    read = reader_with(user, scopes=["lineage:write"])

    assert [read(draft.fqn) for _ in range(2)] == [403, 403]


def test_what_is_no_name_is_not_found(team, draft):
    read = reader_with(member_of(team))
    read(draft.fqn)

    assert [read(name) for name in ("a%00b", "no.such", "%25s", "x" * 2_000)] == [404] * 4


def test_of_many_tokens_only_some_are_kept_and_all_read(team, draft, monkeypatch):
    monkeypatch.setattr(actors, "KEPT", 2)
    monkeypatch.setattr(actors, "_holders", {})
    readers = [reader_with(member_of(team)) for _ in range(3)]

    assert [read(draft.fqn) for _ in range(3) for read in readers] == [200] * 9
    assert len(actors._holders) <= 2
