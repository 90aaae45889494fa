"""Who may change accounts, teams and domains, and act for them."""

from accounts.actors import Actor
from accounts.models import Domain, Team
from core.errors import NotAllowed


def can_act_for_team(actor: Actor, team_id: int | None) -> bool:
    """True when the actor may create or change what `team_id` owns."""
    return actor.is_admin or team_id in actor.contributor_team_ids


def require_act_for_team(actor: Actor, team: Team) -> None:
    if not can_act_for_team(actor, team.pk):
        raise NotAllowed(f"Only {team.name} may do this. Ask one of its owners.", team=team.slug)


def can_decide_for_team(actor: Actor, team_id: int | None) -> bool:
    """True when the actor may decide on requests that wait for `team_id`."""
    return actor.is_admin or team_id in actor.owner_team_ids


def require_places(actor: Actor) -> None:
    """Domains and teams are made and removed by administrators and by the portal's own jobs."""
    if not actor.is_admin:
        raise NotAllowed("Only administrators do this; ask for a domain on the page Services.")


def owns_domain(actor: Actor, domain: Domain) -> bool:
    """True when the actor is an owner of the domain or of one above it."""
    return actor.is_admin or domain.pk in actor.owned_domain_ids


def require_domain_change(actor: Actor, domain: Domain) -> None:
    if not owns_domain(actor, domain):
        raise NotAllowed(
            f"Only the owners of {domain.name} may do this.",
            domain=domain.path,
        )
