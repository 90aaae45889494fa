"""What a service broker offers, as services that people can ask for."""

from __future__ import annotations

from collections.abc import Iterator, Set

from accounts.actors import Actor
from core.documents import dump_yaml
from core.errors import Invalid
from core.problems import Problem
from provisioning.blueprints import policies
from provisioning.blueprints.formats.offers import offer_document
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.blueprints.services.registering import register_blueprint, withdraw_blueprint
from provisioning.drivers.models import Target
from provisioning.drivers.osb.catalog import Offer
from provisioning.drivers.osb.target import broker
from provisioning.drivers.protocol import DriverError


def register_offers(*, target: Target, actor: Actor) -> list[tuple[BlueprintVersion, str]]:
    """Make each plan of a broker a blueprint of the team that owns the target.

    Doing it again makes new versions of those that the broker changed, and withdraws those that it
    does not offer any more. Not one transaction: the broker is asked first, then each plan stands
    for itself.

    Returns:
        Each version, and `create`, `update`, `unchanged` or `withdraw`.

    Raises:
        NotAllowed: the actor may not publish for that team.
        Invalid: the target is no broker, does not answer, or a plan cannot be offered.
    """
    policies.require_register(actor, target.owner)
    if target.driver != "osb":
        raise _refused("not-a-broker", "This target is no service broker.")
    try:
        services = broker(target.slug).catalog()
    except DriverError as error:
        raise _refused("not-reachable", str(error)) from error
    offers = [Offer(service, plan) for service in services for plan in service.plans]
    registered = [
        register_blueprint(
            text=dump_yaml(offer_document(target.slug, offer)), owner=target.owner, actor=actor
        )
        for offer in offers
    ]
    kept = {version.blueprint_id for version, _ in registered}
    return registered + [
        (version, "withdraw") for version in _withdrawn(target, kept=kept, actor=actor)
    ]


def _withdrawn(target: Target, *, kept: Set[int], actor: Actor) -> Iterator[BlueprintVersion]:
    """What was offered from the broker before, and is not any more."""
    offered = Blueprint.objects.offered().filter(
        owner=target.owner, slug__startswith=f"{target.slug}-"
    )
    for blueprint in offered.exclude(pk__in=kept).select_related("current", "owner"):
        version = blueprint.current
        assert version is not None
        spec = version.content.steps[0].spec
        if version.content.steps[0].driver == "osb" and spec.get("target") == target.slug:
            withdraw_blueprint(blueprint=blueprint, actor=actor)
            yield version


def _refused(code: str, message: str) -> Invalid:
    return Invalid("The offers cannot be read.", [Problem("/target", code, message)])
