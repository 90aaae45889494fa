"""A large lineage graph alone: datasets of products that nobody can search, and their edges.

Written by the database itself, so that a million datasets take minutes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.db import connection, models, transaction
from django.db.models.fields import NOT_PROVIDED

from accounts.models import Domain, Team
from catalog.lineage.models import Dataset, DatasetEdge
from catalog.products.models import DataProduct, OutputPort
from core.errors import Conflict

DATASETS_PER_PRODUCT = 4
PRODUCTS_PER_TEAM = 1_000
BLOCK = 40  # datasets of one pipeline: most edges stay inside
ISLAND = 5  # every fifth block is reached from no hub, and reaches none
FAR = 0.64  # edges a dataset that come from far before
TWICE = 0.3  # and that are drawn again
NAMESPACE = "warehouse://lineage"

# Dataset `n` of product n / 4; the last of each product stands on no port.
DATASETS = """
INSERT INTO lineage_dataset
    (namespace, name, node_id, key, node_key, port_id, posted_by_id, fields)
SELECT %(namespace)s, named.name, node,
    encode(substring(sha256(named.key), 1, 16), 'hex')::uuid,
    encode(substring(sha256(node::bytea), 1, 16), 'hex')::uuid,
    CASE WHEN n %% %(each)s < %(each)s - 1 THEN p.id END, d.owner_id, '[]'
FROM generate_series(0, %(datasets)s - 1) AS n
CROSS JOIN LATERAL (
    SELECT %(prefix)s || n AS name,
        %(namespace)s::bytea || '\\x00' || (%(prefix)s || n)::bytea AS key
) AS named
CROSS JOIN LATERAL (SELECT 'dataset:' || %(namespace)s || ':' || named.name AS node) AS noded
JOIN products_outputport p ON p.fqn = %(prefix)s || 'domain.p' || n / %(each)s || '/data@1'
JOIN products_dataproduct d ON d.id = p.product_id
ORDER BY n
"""
# One edge comes from a dataset far before, mostly one of the first: those are the hubs, and all
# others follow from the very first. The rest come from the same block.
EDGES = """
INSERT INTO lineage_datasetedge (source_id, target_id, origin)
SELECT DISTINCT %(first)s + source, %(first)s + target, 'lineage' FROM (
    SELECT floor(n * power(random(), 6))::bigint AS source, n AS target
    FROM generate_series(1, %(datasets)s - 1) AS n
    WHERE n / %(block)s %% %(island)s < %(island)s - 1
    UNION ALL
    SELECT n - 1 - floor(random() * (n %% %(block)s))::bigint, n
    FROM generate_series(1, %(datasets)s - 1) AS n,
        generate_series(1, %(rounds)s) AS round
    WHERE n %% %(block)s > 0 AND random() < %(share)s
) AS drawn
WHERE source / %(block)s %% %(island)s < %(island)s - 1 OR source / %(block)s = target / %(block)s
"""


def scale_lineage(*, datasets: int, edges: int, seed: int = 1) -> dict[str, int]:
    """Write a graph of about this size; returns what was written, by table.

    Raises:
        Conflict: a graph of this seed is there.
    """
    prefix = f"lineage-{seed}-"
    if Domain.objects.filter(path=f"{prefix}domain").exists():
        raise Conflict(f"A graph of seed {seed} is there already; choose another --seed.")
    products = -(-datasets // DATASETS_PER_PRODUCT)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(%s)", [seed / 10_000])
        _products(prefix, products)
        asked: dict[str, Any] = {
            "namespace": NAMESPACE,
            "prefix": prefix,
            "datasets": datasets,
            "each": DATASETS_PER_PRODUCT,
        }
        cursor.execute(DATASETS, asked)
        first = Dataset.objects.get(namespace=NAMESPACE, name=f"{prefix}0").pk
        draws = max(0.1, edges / datasets - FAR + TWICE)
        rounds = math.ceil(draws)
        asked |= {"first": first, "rounds": rounds, "share": draws / rounds}
        cursor.execute(EDGES, {**asked, "block": BLOCK, "island": ISLAND})
        written = cursor.rowcount
    with connection.cursor() as cursor:
        for model in (DataProduct, OutputPort, Dataset, DatasetEdge):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    return {
        DataProduct._meta.db_table: products,
        Dataset._meta.db_table: datasets,
        DatasetEdge._meta.db_table: written,
    }


def _products(prefix: str, count: int) -> None:
    """Products with a port each, most of them for all to see."""
    domain = Domain.objects.create(path=f"{prefix}domain", name=f"{prefix}domain")
    teams = Team.objects.bulk_create(
        Team(slug=f"{prefix}{n}", name=f"{prefix}{n}", domain=domain)
        for n in range(-(-count // PRODUCTS_PER_TEAM))
    )
    product = DataProduct(
        slug="p", name="p", domain=domain, owner=teams[0], status="active", fqn="p"
    )
    numbers = {
        "document_id": f"'{prefix}' || n",
        "slug": "'p' || n",
        "name": "'Product ' || n",
        "fqn": f"'{domain.path}.p' || n",
        "visibility": "CASE WHEN n % 20 = 7 THEN 'restricted' WHEN n % 10 = 3 THEN 'domain'"
        " ELSE 'company' END",
        "owner_id": f"{teams[0].pk} + n / {PRODUCTS_PER_TEAM}",
    }
    _copies(product, numbers, f"generate_series(0, {count - 1}) AS n")
    port = OutputPort(product=product, name="data", fqn="p")
    of_products = {"product_id": "d.id", "fqn": "d.fqn || '/data@1'"}
    _copies(port, of_products, f"products_dataproduct d WHERE d.domain_id = {domain.pk}")


def _copies(row: models.Model, different: Mapping[str, str], source: str) -> None:
    """Rows like `row` but for their ids and what is `different`, an expression by column."""
    fields = [field for field in row._meta.concrete_fields if field.column not in different]
    given: dict[str, Any] = {
        str(field.column): field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for field in fields
        if not field.primary_key and field.db_default is NOT_PROVIDED
    }
    columns = ["id", *different, *given]
    values = ["gen_random_uuid()", *different.values(), *(["%s"] * len(given))]
    quoted = source if not given else source.replace("%", "%%")
    expressions = [value if value == "%s" else value.replace("%", "%%") for value in values]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({', '.join(columns)})"  # noqa: S608
            f" SELECT {', '.join(expressions)} FROM {quoted}",
            list(given.values()),
        )
