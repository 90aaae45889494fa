"""Who may speak for a dataset, claim it, and draw edges."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.policies import can_act_for_team
from catalog.lineage.models import Dataset
from catalog.products.models import DataProduct
from catalog.products.policies import can_change_product
from core.errors import NotAllowed


def may_speak_for(actor: Actor, dataset: Dataset) -> bool:
    """Whether the actor may rename or drop a dataset: the owners of its port, else of its
    system, else who posted it.
    """
    if actor.sees_all_metadata:
        return True
    if dataset.port is not None:
        return dataset.port.product.owner_id in actor.contributor_team_ids
    if dataset.system_port is not None:
        return dataset.system_port.system.owner_id in actor.contributor_team_ids
    return dataset.posted_by_id in actor.team_ids


def can_draw_to_product(actor: Actor, product: DataProduct) -> bool:
    """Who owns the product says what it is made from; stewards and the platform may help."""
    return actor.sees_all_metadata or can_change_product(actor, product)


def can_draw_to_dataset(actor: Actor, dataset: Dataset) -> bool:
    """As of its product or system; of a dataset without one, the team that posted it."""
    if dataset.port is not None:
        return can_draw_to_product(actor, dataset.port.product)
    if dataset.system_port is not None:
        owner = dataset.system_port.system.owner_id
        return actor.sees_all_metadata or can_act_for_team(actor, owner)
    return actor.sees_all_metadata or can_act_for_team(actor, dataset.posted_by_id)


def may_hold_namespaces(actor: Actor, team_id: int) -> bool:
    """Whether the actor may claim a namespace for the team, and give it back."""
    return actor.sees_all_metadata or team_id in actor.owner_team_ids


def require_drawing(*, allowed: bool) -> None:
    """Raises: NotAllowed: the actor does not speak for the target."""
    if not allowed:
        raise NotAllowed("Only those who own the target, and stewards, may say what it comes from.")
