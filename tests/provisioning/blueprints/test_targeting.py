"""A target that a blueprint names stays, and stays its team's."""

from __future__ import annotations

import pytest

from accounts.actors import system_actor
from core.documents import load_documents
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.drivers.models import Target
from provisioning.drivers.selectors import uses_of
from provisioning.drivers.services import TargetInUse, retire_target
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.blueprints.documents import put, shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def target() -> Target:
    return Target.objects.create(slug="lake", name="Lake", driver="postgres", owner=TeamFactory())


def blueprint(target: Target, number: int = 1, names: str = "lake") -> Blueprint:
    """The small blueprint with a step in the target that it names."""
    text = shelf(put("steps", 1, "spec", "target", to=names))
    made, _ = Blueprint.objects.get_or_create(
        slug="shelf", defaults={"title": "A shelf", "owner": target.owner}
    )
    made.current = BlueprintVersion.objects.create(
        blueprint=made,
        number=number,
        text=text,
        document=load_documents(text)[0].data,
        created_by="x",
    )
    made.save()
    return made


def test_a_target_that_a_blueprint_names_is_not_retired(target: Target) -> None:
    named = blueprint(target)
    owner = actor_for(member_of(target.owner))

    with pytest.raises(TargetInUse):
        retire_target(target=target, actor=owner)

    assert [(use.name, use.url) for use in uses_of(target, owner).shown] == [
        ("A shelf", named.get_absolute_url())
    ]


def test_what_a_blueprint_no_longer_names_is_free(target: Target) -> None:
    blueprint(target)
    blueprint(target, 2, names="elsewhere")

    assert uses_of(target, system_actor()).count == 0


def test_a_withdrawn_blueprint_holds_no_target(target: Target) -> None:
    named = blueprint(target)
    named.withdrawn_at = named.current.created_at
    named.save()

    assert uses_of(target, system_actor()).count == 0
