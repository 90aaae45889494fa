"""A spec's target is the built-in warehouse or a registered one whose secret is sealed."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.actors import VISITOR, Actor
from accounts.models import Team
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.drivers.protocol import PermanentError

URL = "postgresql://admin:canary@db.example.org/warehouse"

pytestmark = pytest.mark.django_db


@pytest.fixture
def target() -> Target:
    team = Team.objects.create(slug="platform", name="Platform")
    made = Target(slug="lake", name="Lake", driver="postgres", owner=team)
    made.config = {"public_host": "lake.example.org", "public_port": 6432}
    made.secret = targets.sealed_url(made, URL)
    made.save()
    return made


def test_a_registered_target_gives_its_address(target: Target) -> None:
    found = targets.warehouse("lake")

    assert found.url == URL
    assert (found.public_host, found.public_port) == ("lake.example.org", "6432")
    assert not found.exclusive
    assert b"canary" not in bytes(Target.objects.get().secret)


def test_the_secret_of_one_target_does_not_open_as_another(target: Target) -> None:
    Target.objects.create(
        slug="copy", name="Copy", driver="postgres", owner=target.owner, secret=target.secret
    )

    with pytest.raises(PermanentError, match="cannot be opened"):
        targets.warehouse("copy")


def test_no_target_means_the_warehouse_of_the_settings(settings: Settings) -> None:
    settings.WAREHOUSE_URL = URL

    assert targets.warehouse(None).url == URL
    assert targets.warehouse(None).exclusive

    settings.WAREHOUSE_URL = ""
    with pytest.raises(PermanentError, match="WAREHOUSE_URL is not set"):
        targets.warehouse(None)
    with pytest.raises(PermanentError, match="no target"):
        targets.warehouse("nowhere")


def test_only_the_owner_team_sees_a_target(target: Target) -> None:
    theirs = Actor(user_id=1, team_ids=frozenset({target.owner_id}))
    others = Actor(user_id=2, team_ids=frozenset({target.owner_id + 1}))

    assert list(Target.objects.visible_to(theirs)) == [target]
    assert not Target.objects.visible_to(others).exists()
    assert not Target.objects.visible_to(VISITOR).exists()
