"""What can be read across all products: ports, and the columns that they offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.actors import Actor
from catalog.contracts.models import SchemaProperty
from catalog.products.models import OutputPort

LONGEST_TEXT = 200  # characters of a tag or of a part of a path
# of a column: the path to it from its row
NAMES = {
    "port": F("object__version__output_ports__fqn"),
    "port_id": F("object__version__output_ports__id"),
    "product": F("object__version__output_ports__product__fqn"),
    "owner": F("object__version__output_ports__product__owner__slug"),
    "domain": F("object__version__output_ports__product__domain__path"),
    "contract": F("object__version__contract_id"),
    "contract_version": F("object__version__version"),
}
OWN = (
    *("id", "path", "name", "physical_name", "logical_type", "physical_type", "classification"),
    *("required", "unique", "primary_key", "description", "tags", "object__name"),
)
COLUMN_ORDER = ("port", "id")


def ports_where(actor: Actor, given: Mapping[str, str]) -> QuerySet[OutputPort]:
    """Ports that the actor may see; `given` narrows by product, team, domain (with all below it)
    and port. What is empty does not narrow.
    """
    rows: QuerySet[OutputPort] = OutputPort.objects.visible_to(actor)
    if given.get("product"):
        rows = rows.filter(product__fqn=given["product"])
    if given.get("team"):
        rows = rows.filter(product__owner__slug=given["team"])
    if path := given.get("domain"):
        below = Q(product__domain__path=path) | Q(product__domain__path__startswith=f"{path}.")
        rows = rows.filter(below)
    if given.get("port"):
        rows = rows.filter(fqn=given["port"])
    return rows


def columns_where(actor: Actor, given: Mapping[str, str]) -> QuerySet[Any]:
    """Values of the columns of the contract versions that these ports keep; `given` also narrows
    by classification, tag and search, a part of the path. In `COLUMN_ORDER` a column of a version
    that two ports keep stands at both.
    """
    ports = ports_where(actor, given)
    rows: QuerySet[Any] = SchemaProperty.objects.filter(object__version__output_ports__in=ports)
    if given.get("classification"):
        rows = rows.filter(classification=given["classification"])
    if given.get("tag"):
        rows = rows.filter(tags__contains=[given["tag"][:LONGEST_TEXT]])
    if given.get("search"):
        rows = rows.filter(path__icontains=given["search"][:LONGEST_TEXT])
    return rows.values(*OWN, **NAMES)
