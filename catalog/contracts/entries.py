"""The search row of a contract."""

from __future__ import annotations

from django.utils import timezone

from catalog.contracts.formats import odcs
from catalog.contracts.models import ContractVersion, DataContract
from catalog.contracts.states import ContractStatus
from catalog.search.services import EntryData


def entry_of(contract: DataContract, version: ContractVersion, doc: odcs.ContractDoc) -> EntryData:
    """What a contract that no port names shows of itself.

    Args:
        contract: with its `owner` and `domain` loaded.
        doc: the document of `version`, read.
    """
    properties = [each for described in doc.objects for each in described.all_properties()]
    status = version.status.lower()
    return EntryData(
        kind="contract",
        object_id=str(contract.pk),
        fqn=contract.document_id[:640],
        name=contract.name,
        summary=doc.description.purpose,
        text=f"{doc.description.usage} {doc.description.limitations}",
        domain_path=contract.domain.path,
        domain_name=contract.domain.name,
        owner_team_id=contract.owner_id,
        owner_slug=contract.owner.slug,
        owner_name=contract.owner.name,
        status=status if status in ContractStatus.values else "",
        visibility=contract.visibility,
        listed=True,
        url=contract.get_absolute_url(),
        updated_at=timezone.now(),
        tags=[tag[:100] for tag in doc.tags],
        words=[
            *(described.name for described in doc.objects),
            *(each.business_name for each in properties),
            contract.domain.name,
            contract.owner.name,
        ],
        columns=[each.path for each in properties],
        readers=contract.reader_team_ids,
        reader_users=contract.reader_user_ids,
    )
