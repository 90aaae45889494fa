"""Everything the catalogue knows of one product, as the database itself puts it together.

A read of one product by name is what scripts do most. Model instances of its ports, people and
terms cost several statements and ten times the time of the answer, so one statement writes the
JSON; what depends on the reader is put in afterwards.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from accounts.actors import Actor
from catalog.products.models import DataProduct, FormerName
from catalog.products.models.product import is_open, page_address
from core import prepared
from core.errors import NotFound
from core.reading import seen_among

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
        'source', CASE WHEN o.id IS NOT NULL THEN json_build_object(
            'id', r.id, 'fqn', o.fqn, 'status', r.status, 'visibility', r.visibility) END,
        'system', nullif(i.system_name, '')) ORDER BY i.name, i.version)
    FROM products_inputport i LEFT JOIN products_outputport o ON o.id = i.source_id
    LEFT JOIN products_dataproduct r ON r.id = o.product_id
    WHERE i.product_id = p.id), '[]'),
  'successor', (
    SELECT json_build_object('id', s.id, 'fqn', s.fqn, 'status', s.status,
        'visibility', s.visibility) FROM products_dataproduct s WHERE s.id = p.successor_id),
  'sunset_on', p.sunset_on, 'url', NULL,
  'created_at', p.created_at, 'updated_at', p.updated_at, 'published_at', p.published_at,
  'written_at', p.written_at)::text
FROM products_dataproduct p JOIN accounts_domain d ON d.id = p.domain_id
JOIN accounts_team team ON team.id = p.owner_id
"""
BY_ID, BY_NAME = f"{DOCUMENT} WHERE p.id = %s", f"{DOCUMENT} WHERE p.fqn = %s"


def product_by_name(fqn: str, actor: Actor) -> dict[str, Any]:
    """The public form of the product of this name, or of this former name.

    What is open to the whole company is not asked for a second time; for the rest the read rule
    decides, and what it hides costs what is unknown costs. Mostly one SQL statement.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    found = _document(BY_NAME, fqn)
    if found is None or not _is_open(found, actor):
        found = _document(BY_ID, _visible_id(actor, fqn))
    return _for_reader(found, actor)


def product_in_full(product_id: UUID, actor: Actor) -> dict[str, Any]:
    """The public form of a product (INTERFACE §4) that `actor` has just seen or changed."""
    return _for_reader(_document(BY_ID, product_id), actor)


def _document(sql: str, key: str | UUID) -> dict[str, Any] | None:
    found = prepared.ask(sql, str(key))
    return orjson.loads(found[0][0]) if found else None


def _is_open(found: dict[str, Any], actor: Actor) -> bool:
    return not actor.is_visitor and is_open(found["status"], found["visibility"])


def _visible_id(actor: Actor, fqn: str) -> UUID:
    visible = DataProduct.objects.visible_to(actor).order_by().values_list("pk", flat=True)
    renamed = FormerName.objects.filter(fqn=fqn).values("product")
    found = visible.filter(fqn=fqn).first() or visible.filter(pk__in=renamed).first()
    if found is None:
        raise NotFound()
    return found


def _for_reader(found: dict[str, Any] | None, actor: Actor) -> dict[str, Any]:
    """With names of other products only where the actor may see them."""
    if found is None:
        raise NotFound()
    found["url"] = page_address(found["fqn"])
    _name_sources(found["input_ports"], actor)
    found["successor"] = _successor(found["successor"], actor)
    return found


def _successor(other: dict[str, Any] | None, actor: Actor) -> str | None:
    seen = other is not None and (_is_open(other, actor) or _seen(actor, {other["id"]}))
    return str(other["fqn"]) if other is not None and seen else None


def _name_sources(inputs: list[dict[str, Any]], actor: Actor) -> None:
    """A port is seen with its product."""
    sources = [each["source"] for each in inputs if each["source"]]
    asked = {each["id"] for each in sources if not _is_open(each, actor)}
    hidden = asked - _seen(actor, asked) if asked else asked
    for each in inputs:
        source = each["source"]
        each["source"] = source["fqn"] if source and source["id"] not in hidden else None


def _seen(actor: Actor, ids: set[str]) -> set[str]:
    """Of these products those that the actor may see."""
    return {str(row["id"]) for row in seen_among(DataProduct, actor, ["id"], ids)}
