"""Who may change accounts, teams and domains, and act for them."""

from accounts.actors import Actor
from accounts.models import Domain, Team, User
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


def can_use_team(actor: Actor, team_id: int) -> bool:
    """True when the actor may have a token that acts for the team: its members."""
    return team_id in actor.team_ids


def require_token_for(actor: Actor, team: Team | None) -> None:
    """Whoever has a token of their own, or of `team`."""
    if actor.user_id is None or actor.user_id <= 0:
        raise NotAllowed("Log in to make a token.")
    if team is None and actor.is_service:
        raise NotAllowed("A token of a team makes tokens of that team only: name it.")
    if team is not None and not can_use_team(actor, team.pk):
        raise NotAllowed(f"Only members of {team.name} may do this.", team=team.slug)


def can_have_accounts(actor: Actor, team_id: int | None) -> bool:
    """True when the actor may make, change and end service accounts of the team: its owners."""
    return actor.is_admin or team_id in actor.owner_team_ids


def require_accounts_of(actor: Actor, team: Team | None) -> None:
    if team is None or not can_have_accounts(actor, team.pk):
        name = team.name if team else "its team"
        raise NotAllowed(f"Only owners of {name} may do this.")


def require_account_for(actor: Actor, account: User) -> None:
    """Whoever may make a token that acts as `account`: owners of its team, and itself."""
    if account.pk != actor.user_id:
        require_accounts_of(actor, account.service_of)
