"""A spec's target is the built-in warehouse or a registered one whose secrets are sealed."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.actors import VISITOR, Actor
from accounts.models import Team
from accounts.states import PortalRole
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.drivers.postgres.target import warehouse
from provisioning.drivers.protocol import PermanentError, TemporaryError

URL = "postgresql://admin:canary@127.0.0.1:5499/warehouse"

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(settings: Settings) -> Target:
    settings.OUTBOUND_INNER_HOSTS = ["127.0.0.1:5499"]
    team = Team.objects.create(slug="platform", name="Platform")
    made = Target(slug="lake", name="Lake", driver="postgres", owner=team)
    made.config = {"public_host": "lake.example.org", "public_port": 6432}
    targets.seal(made, {"url": URL})
    made.save()
    return made


def test_a_registered_target_gives_its_address(target: Target) -> None:
    found = warehouse("lake")

    assert "password=canary" in found.url
    assert "hostaddr=127.0.0.1" in found.url
    assert (found.public_host, found.public_port) == ("lake.example.org", "6432")
    assert not found.exclusive
    assert "canary" not in repr(found)
    assert "canary" not in repr(targets.opened("lake", "postgres"))
    assert b"canary" not in bytes(Target.objects.get().secret or b"")


def test_the_secret_of_one_target_does_not_open_as_another(target: Target) -> None:
    Target.objects.create(
        slug="copy", name="Copy", driver="postgres", owner=target.owner, secret=target.secret
    )

    with pytest.raises(PermanentError, match="cannot be opened"):
        warehouse("copy")


def test_the_built_in_target_comes_from_the_settings(settings: Settings) -> None:
    settings.WAREHOUSE_URL = URL
    assert warehouse(None).url == URL
    assert warehouse(None).exclusive

    settings.WAREHOUSE_URL = ""
    with pytest.raises(PermanentError, match="WAREHOUSE_URL"):
        warehouse(None)


@pytest.mark.parametrize("slug", ["nowhere", "a\0b"])
def test_an_unknown_target_is_told(slug: str) -> None:
    with pytest.raises(PermanentError, match="There is no target"):
        warehouse(slug)


def test_a_target_of_another_driver_is_none(target: Target) -> None:
    with pytest.raises(PermanentError, match="There is no target"):
        targets.opened("lake", "git")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"])
def test_a_database_inside_is_called_only_where_the_portal_says_so(
    target: Target, settings: Settings, host: str
) -> None:
    settings.OUTBOUND_INNER_HOSTS = ["127.0.0.1:5432"]
    targets.seal(target, {"url": f"postgresql://a:b@{host}:5499/w"})
    target.save()

    with pytest.raises(PermanentError, match="inner address"):
        warehouse("lake")


def test_a_database_whose_name_is_not_known_may_be_known_later(target: Target) -> None:
    targets.seal(target, {"url": "postgresql://a:b@nobody.invalid/w"})
    target.save()

    with pytest.raises(TemporaryError, match=r"resolved"):
        warehouse("lake")


def test_only_the_owner_team_and_platform_engineers_see_a_target(target: Target) -> None:
    theirs = Actor(user_id=1, role=PortalRole.MEMBER, team_ids=frozenset({target.owner_id}))
    others = Actor(user_id=2, role=PortalRole.STEWARD, team_ids=frozenset({target.owner_id + 1}))
    platform = Actor(user_id=3, role=PortalRole.PLATFORM)

    assert list(Target.objects.visible_to(theirs)) == [target]
    assert list(Target.objects.visible_to(platform)) == [target]
    assert not Target.objects.visible_to(others).exists()
    assert not Target.objects.visible_to(VISITOR).exists()
