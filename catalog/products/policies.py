"""Who may change products."""

from accounts.actors import Actor
from accounts.models import Domain, Team
from accounts.policies import (
    can_act_for_team,
    can_decide_for_team,
    owns_domain,
    require_act_for_team,
)
from accounts.states import PortalRole
from catalog.contracts.policies import IdOwnedElsewhere
from catalog.products.models import Announcement, Comment, DataProduct, Demand, System
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
        message = "Another team owns this id. Use an id of your own, or ask that team."
        if can_change_product(actor, product):
            message = f"{product.owner.name} owns this product; hand it over on its page first."
        raise IdOwnedElsewhere(message, document_id=product.document_id)
    require_act_for_team(actor, owner)


def can_move_to(actor: Actor, home: Domain | None, target: Domain) -> bool:
    """Into the domain of the owner team or one below it, or into a domain that the actor owns."""
    if actor.is_admin or actor.role == PortalRole.STEWARD or owns_domain(actor, target):
        return True
    return home is not None and f"{target.path}.".startswith(f"{home.path}.")


def require_move(actor: Actor, home: Domain | None, target: Domain) -> None:
    """Raises: NotAllowed: a product of a team at `home` may not move to `target`."""
    if not can_move_to(actor, home, target):
        raise NotAllowed(
            f"Only an owner of {target.name} may move a product there. Ask that team.",
            domain=target.path,
        )


def require_acceptance(actor: Actor, product: DataProduct) -> None:
    """Raises: NotAllowed: a proposal is accepted by its team or by an owner of its domain."""
    if not owns_domain(actor, product.domain):
        require_product_change(actor, product)


def can_hand_over(actor: Actor, product: DataProduct) -> bool:
    """Owners of the present team, owners of the domain or one above it, and administrators."""
    return can_decide_for_team(actor, product.owner_id) or owns_domain(actor, product.domain)


def require_hand_over(actor: Actor, product: DataProduct) -> None:
    if not can_hand_over(actor, product):
        raise NotAllowed(
            f"Only an owner of {product.owner.name} may hand this product over.",
            team=product.owner.slug,
        )


def can_change_system(actor: Actor, system: System) -> bool:
    """Contributors and owners of the owning team, and administrators."""
    return can_act_for_team(actor, system.owner_id)


def require_system_write(actor: Actor, system: System | None, owner: Team) -> None:
    """Raises: NotAllowed: `actor` does not act for `owner`, or the system is another team's."""
    if system is not None and system.owner_id != owner.pk:
        raise IdOwnedElsewhere(
            "Another team owns this system. Use an id of your own, or ask that team.",
            document_id=system.document_id,
        )
    require_act_for_team(actor, owner)


def require_announcement_change(actor: Actor, announcement: Announcement) -> None:
    require_product_change(actor, announcement.product)


def can_edit_comment(actor: Actor, comment: Comment) -> bool:
    """One's own words, while they stand."""
    return comment.removed_at is None and comment.author_id == actor.user_id is not None


def can_remove_comment(actor: Actor, comment: Comment) -> bool:
    """The author, the team that owns the product, stewards and administrators."""
    if comment.removed_at is not None or actor.is_visitor:
        return False
    moderates = actor.role in {PortalRole.STEWARD, PortalRole.ADMIN}
    own = comment.author_id == actor.user_id
    return own or moderates or can_change_product(actor, comment.product)


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
