"""Who may write contracts."""

from accounts.actors import Actor
from accounts.models import Team
from accounts.policies import can_act_for_team, require_act_for_team
from catalog.contracts.models import DataContract
from core.errors import NotAllowed


class IdOwnedElsewhere(NotAllowed):
    """The first writer's team owns an id (INTERFACE §4a)."""

    code = "id-owned-elsewhere"


def can_change_contract(actor: Actor, contract: DataContract) -> bool:
    return can_act_for_team(actor, contract.owner_id)


def require_contract_write(actor: Actor, contract: DataContract, owner: Team) -> None:
    """Raises: NotAllowed: `actor` does not act for `owner`, or the id is another team's."""
    if contract.owner_id != owner.pk:
        raise IdOwnedElsewhere(
            "Another team owns this id. Use an id of your own, or ask that team.",
            document_id=contract.document_id,
        )
    require_act_for_team(actor, owner)
