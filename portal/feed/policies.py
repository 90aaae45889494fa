"""Who may say where events go: owners of the team whose events they are."""

from accounts.actors import Actor
from accounts.models import Team
from accounts.policies import can_decide_for_team
from core.errors import NotAllowed
from portal.feed.models import Webhook


def can_change_webhook(actor: Actor, webhook: Webhook) -> bool:
    return can_decide_for_team(actor, webhook.team_id)


def can_add_webhook(actor: Actor) -> bool:
    return actor.is_admin or bool(actor.owner_team_ids)


def require_webhook_for(actor: Actor, team: Team) -> None:
    """Raises: NotAllowed."""
    if not can_decide_for_team(actor, team.pk):
        raise NotAllowed(f"Only owners of {team.name} say where its events go.", team=team.slug)
