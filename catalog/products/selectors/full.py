"""Everything the catalogue knows of one product, as the database itself puts it together.

A read of one product by name is what scripts do most. Model instances of its ports, people and
terms cost several statements and ten times the time of the answer, so one statement writes the
JSON. The read rule is part of it, for the product and for those that it names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from accounts.actors import Actor
from catalog.products.models import DataProduct, FormerName
from catalog.products.models.product import page_address
from core import prepared
from core.errors import NotFound
from core.prepared import Statement
from core.reading import compiled

DOCUMENT = """
SELECT json_build_object(
  'id', p.id, 'fqn', p.fqn, 'document_id', p.document_id, 'name', p.name, 'purpose', p.purpose,
  'description', p.description, 'limitations', p.limitations, 'usage', p.usage,
  'status', p.status, 'archetype', nullif(p.archetype, ''), 'visibility', p.visibility,
  'classification', nullif(p.classification, ''), 'version', p.version, 'tags', p.tags,
  'terms', coalesce((
    SELECT json_agg(t.slug ORDER BY t.name, t.id) FROM products_dataproduct_terms pt
    JOIN governance_term t ON t.id = pt.term_id WHERE pt.dataproduct_id = p.id), '[]'),
  'links', p.links, 'extra', p.extra,
  'ownership', coalesce((
    SELECT json_agg(json_build_object('kind', o.kind, 'user', coalesce(u.username, ''),
        'team', coalesce(t.slug, '')) ORDER BY o.kind, o.id)
    FROM products_ownership o LEFT JOIN accounts_user u ON u.id = o.user_id
    LEFT JOIN accounts_team t ON t.id = o.team_id WHERE o.product_id = p.id), '[]'),
  'revision', p.revision,
  'domain', json_build_object('path', d.path, 'name', d.name),
  'owner', json_build_object('slug', team.slug, 'name', team.name),
  'quality', json_build_object('score', p.quality_score, 'coverage', p.quality_coverage,
    'measured_at', p.quality_measured_at, 'stale', coalesce(p.quality_stale_at < now(), false)),
  'consumer_count', p.consumer_count,
  'output_ports', coalesce((
    SELECT json_agg(json_build_object(
        'fqn', o.fqn, 'name', o.name, 'major', o.major, 'version', o.version, 'title', o.title,
        'description', o.description, 'technology', o.technology,
        'contract', CASE WHEN v.id IS NOT NULL THEN json_build_object(
            'id', c.id, 'document_id', c.document_id, 'version', v.version) END,
        'next', CASE WHEN n.id IS NOT NULL THEN json_build_object(
            'version', n.version, 'on', o.next_version_on) END,
        'location', o.location, 'requestable', o.requestable, 'takes_writes', o.takes_writes,
        'datasets', coalesce((
            SELECT json_agg(json_build_object('namespace', s.namespace, 'name', s.name)
                ORDER BY s.id) FROM products_portdataset s WHERE s.port_id = o.id), '[]')
      ) ORDER BY o.position, o.name, o.major DESC)
    FROM products_outputport o
    LEFT JOIN contracts_datacontract c ON c.id = o.contract_id
    LEFT JOIN contracts_contractversion v ON v.id = o.contract_version_id AND c.id IS NOT NULL
    LEFT JOIN contracts_contractversion n ON n.id = o.next_contract_version_id
    WHERE o.product_id = p.id), '[]'),
  'input_ports', coalesce((
    SELECT json_agg(json_build_object('name', i.name, 'version', i.version,
        'contract_id', nullif(i.contract_document_id, ''),
        'source', CASE WHEN EXISTS (SELECT 1 FROM seen WHERE seen.pk = o.product_id) THEN o.fqn END,
        'system', nullif(i.system_name, '')) ORDER BY i.name, i.version)
    FROM products_inputport i LEFT JOIN products_outputport o ON o.id = i.source_id
    WHERE i.product_id = p.id), '[]'),
  'successor', (
    SELECT s.fqn FROM products_dataproduct s
    WHERE s.id = p.successor_id AND EXISTS (SELECT 1 FROM seen WHERE seen.pk = s.id)),
  'sunset_on', p.sunset_on, 'url', NULL,
  'created_at', p.created_at, 'updated_at', p.updated_at, 'published_at', p.published_at,
  'written_at', p.written_at)::text
FROM products_dataproduct p JOIN accounts_domain d ON d.id = p.domain_id
JOIN accounts_team team ON team.id = p.owner_id
"""
BY_ID = "p.id = %s"
BY_NAME = "p.fqn = %s AND EXISTS (SELECT 1 FROM seen WHERE seen.pk = p.id)"


def product_by_name(fqn: str, actor: Actor, text: str | None = None) -> dict[str, Any]:
    """The public form of the product of this name, or of this former name.

    One SQL statement; what the reader may not see costs what is unknown costs.

    Args:
        text: what `statement_by_name` answered, where somebody has asked it already.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    text = text or _asked(statement_by_name(fqn, actor))
    return _public(text) if text else product_in_full(_id_of_former(actor, fqn), actor)


def product_in_full(product_id: UUID, actor: Actor) -> dict[str, Any]:
    """The public form of a product (INTERFACE §4) that `actor` has just seen or changed."""
    sql, rule = _statement(actor, BY_ID)
    text = _asked((sql, (*rule, str(product_id))))
    if text is None:
        raise NotFound()
    return _public(text)


def statement_by_name(fqn: str, actor: Actor) -> Statement:
    """What is asked for a product by name: one JSON text, or none. "" for who sees nothing."""
    sql, rule = _statement(actor, BY_NAME)
    return (sql, (*rule, fqn)) if sql else (sql, ())


def _asked(statement: Statement) -> str | None:
    sql, params = statement
    rows = prepared.ask(sql, *params) if sql else []
    return rows[0][0] if rows else None


def _public(text: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(text)
    found["url"] = page_address(found["fqn"])
    return found


@lru_cache(maxsize=1_000)
def _statement(actor: Actor, which: str) -> tuple[str, tuple[Any, ...]]:
    """The statement for a reader, and the parameters of their read rule, which stand before the
    key; "" for who sees nothing. `visible_to` depends on nothing but the actor.
    """
    rule, params = compiled(DataProduct.objects.visible_to(actor).order_by().values_list("pk"))
    sql = f"WITH seen AS NOT MATERIALIZED ({rule}) {DOCUMENT} WHERE {which}"
    return (" ".join(sql.split()), params) if rule else ("", ())


def _id_of_former(actor: Actor, fqn: str) -> UUID:
    renamed = FormerName.objects.filter(fqn=fqn).values("product")
    visible = DataProduct.objects.visible_to(actor).order_by().values_list("pk", flat=True)
    found = visible.filter(pk__in=renamed).first()
    if found is None:
        raise NotFound()
    return found
