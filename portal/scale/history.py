"""First revisions of a synthetic catalogue, in the form that a revert reads."""

from __future__ import annotations

from django.db import connection

# The shape of `catalog.products.services.history.snapshots_of`, made where the rows are; a test
# compares both.
WRITE = """
INSERT INTO products_revision (product_id, number, at, actor, verb, note, changes, snapshot)
SELECT p.id, p.revision, p.created_at, %(actor)s, 'product.created', '', '[]', jsonb_build_object(
    'document_id', p.document_id, 'name', p.name, 'slug', p.slug, 'status', p.status,
    'purpose', p.purpose, 'description', p.description, 'limitations', p.limitations,
    'usage', p.usage, 'archetype', p.archetype, 'visibility', p.visibility,
    'classification', p.classification, 'version', p.version, 'tags', to_jsonb(p.tags),
    'links', p.links, 'extra', p.extra, 'fqn', p.fqn, 'domain', d.path, 'owner', o.slug,
    'successor', s.fqn, 'sunset_on', p.sunset_on, 'document', p.text,
    'ports', coalesce(ports.held, '[]'), 'inputs', coalesce(inputs.held, '[]'),
    'ownership', coalesce(parts.held, '[]'), 'terms', coalesce(terms.held, '[]'))
FROM products_dataproduct p
JOIN accounts_domain d ON d.id = p.domain_id
JOIN accounts_team o ON o.id = p.owner_id
LEFT JOIN products_dataproduct s ON s.id = p.successor_id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'name', port.name, 'major', port.major, 'version', port.version, 'title', port.title,
        'description', port.description, 'technology', port.technology,
        'contract_id', coalesce(c.document_id, ''), 'contract_version', coalesce(v.version, ''),
        'breaking_from', '', 'location', port.location, 'requestable', port.requestable,
        'datasets', coalesce((
            SELECT jsonb_agg(jsonb_build_array(each.namespace, each.name) ORDER BY each.id)
            FROM products_portdataset each WHERE each.port_id = port.id), '[]')
    ) ORDER BY port.position, port.name, port.major DESC) AS held
    FROM products_outputport port
    LEFT JOIN contracts_datacontract c ON c.id = port.contract_id
    LEFT JOIN contracts_contractversion v ON v.id = port.contract_version_id
    WHERE port.product_id = p.id) ports ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'name', each.name, 'version', each.version, 'contract_id', each.contract_document_id,
        'system', each.system_name) ORDER BY each.name, each.version) AS held
    FROM products_inputport each WHERE each.product_id = p.id) inputs ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'kind', each.kind, 'user', coalesce(u.username, ''), 'team', coalesce(t.slug, '')
    ) ORDER BY each.kind, each.id) AS held
    FROM products_ownership each
    LEFT JOIN accounts_user u ON u.id = each.user_id
    LEFT JOIN accounts_team t ON t.id = each.team_id
    WHERE each.product_id = p.id) parts ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(term.slug ORDER BY term.name, term.id) AS held
    FROM products_dataproduct_terms each JOIN governance_term term ON term.id = each.term_id
    WHERE each.dataproduct_id = p.id) terms ON true
WHERE p.id = ANY(%(ids)s::uuid[])
"""


def write_revisions(product_ids: list[str], *, actor: str) -> int:
    """Keep these products as they are now; returns how many. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {"actor": actor, "ids": product_ids})
        return int(cursor.rowcount)
