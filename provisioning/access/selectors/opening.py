"""What a grant on a port opens: found in the ledger, by what has made the port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from catalog.products.models import OutputPort
from catalog.products.states import ProductStatus
from core.ids import uuids_in
from provisioning.access.models import Grant
from provisioning.drivers import registry
from provisioning.drivers.protocol import Ability, Grants, Made
from provisioning.jobs.models import Effect


@dataclass(frozen=True)
class GrantTarget:
    """Which driver opens something, and what: the base of its steps (see `Grants.opened`)."""

    driver: str
    base: Mapping[str, Any]

    @property
    def grants(self) -> Grants:
        """What the driver says of how it opens things."""
        return registry.granting()[self.driver]

    def can(self, ability: Ability) -> bool:
        return ability in self.grants.abilities


def grant_targets(ports: Iterable[OutputPort]) -> dict[UUID, GrantTarget]:
    """`{port id: what a grant opens}` for the ports that the portal can open. One SQL statement.

    A location is what somebody wrote in a descriptor; only what the ledger knows as made for the
    very same product or port counts, and of several such things the one that the location means.
    """
    wanted = [
        port
        for port in ports
        if port.requestable
        and (port.product.instance_id is not None or _own_instance(port))
        and port.product.status != ProductStatus.RETIRED
    ]
    made = _made_for(wanted) if wanted else []
    found = {port.pk: list(_fitting(port, made)) for port in wanted}
    return {pk: targets[0] for pk, targets in found.items() if len(targets) == 1}


def grant_target(port: OutputPort) -> GrantTarget | None:
    """What a grant on `port` opens; None when the portal cannot open it."""
    return grant_targets([port]).get(port.pk)


def grants_of(grant: Grant) -> Grants | None:
    """How the driver of a grant opens things; None when it is not installed any more."""
    return registry.granting().get(grant.instance.driver)


def can(grant: Grant, ability: Ability) -> bool:
    """Whether the access that was given can be that."""
    grants = grants_of(grant)
    return grants is not None and ability in grants.abilities


def _made_for(ports: Sequence[OutputPort]) -> list[Effect]:
    """What can be opened of what these ports or their products were made with."""
    makers = {port.product.instance_id for port in ports} | {_own_instance(p) for p in ports}
    instances = [each for each in makers if each is not None]
    kinds = Q(driver="catalog", kind="port", name__in=[port.fqn for port in ports])
    for name, grants in registry.granting().items():
        kinds |= Q(driver=name, kind=grants.makes)
    effects = Effect.objects.filter(kinds, instance_id__in=instances, removed_at__isnull=True)
    return list(
        effects.select_related("operation").only(
            *("instance_id", "driver", "name", "step_n"),
            *("operation__spec", "operation__result"),
        )
    )


def _fitting(port: OutputPort, made: Sequence[Effect]) -> Iterator[GrantTarget]:
    granting = registry.granting()
    own = _own_instance(port)
    made_it = any(
        (each.instance_id, each.driver, each.name) == (own, "catalog", port.fqn) for each in made
    )
    maker = own if made_it else port.product.instance_id
    for each in made:
        grants = granting.get(each.driver)
        if grants is not None and each.instance_id == maker and _is_such(port, grants):
            base = grants.opened(_as_made(each), port.location)
            if base is not None:
                yield GrantTarget(each.driver, base)


def _is_such(port: OutputPort, grants: Grants) -> bool:
    """The port names a thing of this kind, or is of its technology: a product may have others."""
    return grants.named_by in port.location or port.technology == grants.technology


def _own_instance(port: OutputPort) -> UUID | None:
    """The instance that a port says has made it, where that is not its product's."""
    return next(iter(uuids_in(str(port.location.get("instance", "")))), None)


def _as_made(effect: Effect) -> Made:
    steps = effect.operation.spec["steps"]
    spec = steps[effect.step_n]["spec"] if effect.step_n < len(steps) else {}
    facts = effect.operation.result.get("steps", {}).get(str(effect.step_n), {})
    return Made(effect.instance_id, effect.name, spec, facts)
