"""Taking a version away."""

from __future__ import annotations

from django.db import transaction
from django.db.models import ProtectedError

from accounts.actors import Actor
from catalog.contracts import policies
from catalog.contracts.models import ContractVersion
from catalog.contracts.services.indexing import reindex
from core import audit
from core.errors import Conflict


@transaction.atomic
def remove_version(*, version: ContractVersion, actor: Actor) -> None:
    """Take a version away that no port names; the contract goes with its last version.

    Raises:
        NotAllowed: the contract is another team's.
        Conflict: a port names the version.
    """
    contract = version.contract
    policies.require_contract_write(actor, contract, contract.owner)
    try:
        with transaction.atomic():
            version.delete()
            if not contract.versions.exists():
                contract.delete()
    except ProtectedError:
        raise Conflict("A port names this contract version; change the port first.") from None
    reindex([version.contract_id])
    audit.record(
        actor=actor.name,
        verb="contract.version-removed",
        kind="contract",
        object_id=version.contract_id,
        version=version.version,
    )
