"""Who may change products."""

from accounts.actors import Actor
from accounts.models import Team
from accounts.policies import can_act_for_team, owns_domain, require_act_for_team
from catalog.contracts.policies import IdOwnedElsewhere
from catalog.products.models import DataProduct, Demand
from catalog.products.states import LIVE_DEMANDS, DemandState
from core.errors import NotAllowed


def can_change_product(actor: Actor, product: DataProduct) -> bool:
    """Contributors and owners of the owning team, and administrators."""
    return can_act_for_team(actor, product.owner_id)


def require_product_change(actor: Actor, product: DataProduct) -> None:
    if not can_change_product(actor, product):
        raise NotAllowed(
            f"Only {product.owner.name} may change this product. Ask one of its owners.",
            team=product.owner.slug,
        )


def require_product_write(actor: Actor, product: DataProduct | None, owner: Team) -> None:
    """Raises: NotAllowed: `actor` does not act for `owner`, or the id is another team's."""
    if product is not None and product.owner_id != owner.pk:
        raise IdOwnedElsewhere(
            "Another team owns this id. Use an id of your own, or ask that team.",
            document_id=product.document_id,
        )
    require_act_for_team(actor, owner)


def can_edit_demand(actor: Actor, demand: Demand) -> bool:
    """Its author, as long as nobody has taken it up."""
    return demand.state == DemandState.OPEN and is_demand_author(actor, demand)


def is_demand_author(actor: Actor, demand: Demand) -> bool:
    return actor.user_id is not None and demand.author_id == actor.user_id


def can_vote(actor: Actor, demand: Demand) -> bool:
    """Everybody but the author, as long as it is not settled."""
    is_person = not actor.is_visitor
    return is_person and demand.state in LIVE_DEMANDS and not is_demand_author(actor, demand)


def can_take_demand(actor: Actor, demand: Demand) -> bool:
    """Contributors of any team; which one, they say."""
    return demand.state == DemandState.OPEN and bool(actor.contributor_team_ids)


def can_answer_demand(actor: Actor, demand: Demand) -> bool:
    """The team that took it up; while it is open, whoever contributes to a team."""
    if demand.state == DemandState.TAKEN:
        return can_act_for_team(actor, demand.team_id)
    return can_take_demand(actor, demand)


def can_decline_demand(actor: Actor, demand: Demand) -> bool:
    """The team that took it up, the owners of its domain, stewards; and its author, to withdraw."""
    if demand.state not in LIVE_DEMANDS:
        return False
    if is_demand_author(actor, demand) or actor.sees_all_metadata:
        return True
    if demand.team_id is not None and can_act_for_team(actor, demand.team_id):
        return True
    return demand.domain is not None and owns_domain(actor, demand.domain)
