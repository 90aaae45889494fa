"""A port of the demo company that will break those who read it, and what they say to that."""

from __future__ import annotations

import datetime as dt
from copy import deepcopy
from dataclasses import replace

from django.utils import timezone

from catalog.contracts.services import SavedVersion, VersionInput, store_versions
from catalog.products.data import ProductData
from catalog.products.models import DataProduct, OutputPort
from catalog.products.services import data_of, put_products
from core import outbox
from core.documents import dump_yaml, load_documents
from core.errors import Invalid
from portal.demo.company import products
from portal.demo.contracts import contract_of
from portal.demo.people import Company, company
from provisioning.consent.models import Consent
from provisioning.consent.services import AnswerData, answer_consent
from provisioning.consent.states import Answer

PRODUCT, DROPPED = "sales.order-lines", "discount_eur"
IN_DAYS = 24
ASKS_FOR_TIME, LONGER_BY = "finance-reporting", 10  # team, days
WHY = "The yearly accounts read the discount of each line until they are closed."
NOTE = "Discounts move to their own product."


def announce_move() -> None:
    """The next contract leaves a column out; of two readers one asks for time."""
    port = OutputPort.objects.filter(product__fqn=PRODUCT, technology="postgresql").first()
    if port is None or port.contract_version is None or port.next_version_on is not None:
        return
    here, on = company(), timezone.now().date() + dt.timedelta(days=IN_DAYS)
    version = _store_next(here, port)
    product = DataProduct.objects.get(fqn=PRODUCT)
    data = _moved(data_of(product), port, version, on)
    for outcome in put_products(items=[data], actor=here.owner(product.owner.slug), note=NOTE):
        if outcome.error is not None:
            raise outcome.error
    outbox.drain(limit=1000)
    asked = Consent.objects.for_lists().filter(grant__consumer_team__slug=ASKS_FOR_TIME)
    for consent in asked.filter(grant__port=port):
        until = on + dt.timedelta(days=LONGER_BY)
        said = AnswerData(answer=Answer.TIME, until=until, note=WHY)
        answer_consent(said, consent=consent, actor=here.owner(ASKS_FOR_TIME))


def with_announced(data: ProductData, row: DataProduct) -> ProductData:
    """The product as it was told, but with the versions to which its ports are to move."""
    moving = OutputPort.objects.filter(product=row, next_version_on__isnull=False)
    nexts = {
        (port.name, port.major): port for port in moving.select_related("next_contract_version")
    }
    ports = [
        replace(
            port,
            version=known.next_version,
            contract_version=known.next_contract_version.version,
        )
        if (known := nexts.get((port.name, port.major))) and known.next_contract_version
        else port
        for port in data.ports
    ]
    return replace(data, ports=tuple(ports))


def _store_next(here: Company, port: OutputPort) -> str:
    """A major version of the port's contract without the column; returns which."""
    assert port.contract_version is not None
    spec = products()[PRODUCT]
    version = f"{int(port.contract_version.version.partition('.')[0]) + 1}.0.0"
    document = deepcopy(contract_of(spec, spec.version).data)
    document["version"] = version
    for table in document["schema"]:
        table["properties"] = [each for each in table["properties"] if each["name"] != DROPPED]
    written = load_documents(dump_yaml(document), media="yaml")[0]
    item = VersionInput(written, here.teams[spec.team], here.domains[spec.domain])
    for outcome in store_versions([item], actor=here.owner(spec.team)):
        if not isinstance(outcome, SavedVersion):
            raise Invalid("A contract of the demo company is refused.", outcome)
    return version


def _moved(data: ProductData, moving: OutputPort, version: str, on: dt.date) -> ProductData:
    ports = [
        replace(port, version=version, contract_version=version, breaking_from=on)
        if (port.name, port.major) == (moving.name, moving.major)
        else port
        for port in data.ports
    ]
    return replace(data, ports=tuple(ports))
