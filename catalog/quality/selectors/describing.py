"""What is written down of products. Written in SQL: the counts lie three tables away."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.products.models import Ownership
from catalog.quality.completeness import Completeness, Described, completeness

STEWARD = Ownership.Kind.STEWARD.value
DESCRIBED = """
SELECT product.id, product.purpose <> '' AS purpose, product.description <> '' AS description,
    team.contact <> '' AS contact,
    EXISTS (SELECT 1 FROM products_ownership part
        WHERE part.product_id = product.id AND part.kind = %(steward)s) AS steward,
    product.classification <> '' AS classification,
    EXISTS (SELECT 1 FROM products_dataproduct_terms used
        WHERE used.dataproduct_id = product.id) AS terms,
    offered.ports, offered.ports_with_contract, described.columns, described.columns_described,
    (SELECT count(*) FROM contracts_qualityrule rule
        WHERE rule.version_id = ANY(offered.versions) AND rule.type <> 'text') AS rules,
    (SELECT count(*) FROM contracts_sla sla
        WHERE sla.version_id = ANY(offered.versions)) AS promises
FROM products_dataproduct product JOIN accounts_team team ON team.id = product.owner_id
CROSS JOIN LATERAL (
    SELECT count(*) AS ports, count(port.contract_version_id) AS ports_with_contract,
        array_agg(DISTINCT port.contract_version_id)
            FILTER (WHERE port.contract_version_id IS NOT NULL) AS versions
    FROM products_outputport port WHERE port.product_id = product.id) AS offered
CROSS JOIN LATERAL (
    SELECT count(*) AS columns, count(*) FILTER (WHERE col.description <> '') AS columns_described
    FROM contracts_schemaobject object
    JOIN contracts_schemaproperty col ON col.object_id = object.id
    WHERE object.version_id = ANY(offered.versions)) AS described
WHERE product.id = ANY(%(ids)s)
"""


def completeness_of(product_ids: Collection[UUID]) -> dict[UUID, Completeness]:
    """How well each product is described. One SQL statement; the products were seen before."""
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"ids": list(product_ids), "steward": STEWARD}
        cursor.execute(DESCRIBED, asked)
        return {pk: completeness(Described(*facts)) for pk, *facts in cursor.fetchall()}
