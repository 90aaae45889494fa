"""What a product's page shows of rows around it and its ports: one JSON value beside each row.

Written in SQL: to build the same from querysets takes the ORM longer than the database takes to
answer. No read rule is in here; `visible_to` has decided that the product is seen.
"""

from __future__ import annotations

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from accounts.actors import Actor, paths_up

SHOWN_TERMS = 30
MAX_PARTS = 100  # people on a page
MAX_PROMISES = 50  # of one contract

HEAD = """jsonb_build_object(
'parts', ARRAY(
    SELECT jsonb_build_object('kind', part.kind, 'user', person.username,
        'user_name', person.display_name, 'team', team.slug, 'team_name', team.name)
    FROM products_ownership part LEFT JOIN accounts_user person ON person.id = part.user_id
    LEFT JOIN accounts_team team ON team.id = part.team_id
    WHERE part.product_id = products_dataproduct.id
    ORDER BY part.kind, part.id LIMIT %s),
'named_terms', ARRAY(
    SELECT jsonb_build_object('id', term.id, 'name', term.name)
    FROM products_dataproduct_terms used JOIN governance_term term ON term.id = used.term_id
    WHERE used.dataproduct_id = products_dataproduct.id ORDER BY term.name LIMIT %s),
'places', ARRAY(
    SELECT jsonb_build_object('path', place.path, 'name', place.name)
    FROM accounts_domain place WHERE place.path = ANY(%s) ORDER BY length(place.path)),
'heir', (
    SELECT jsonb_build_object('fqn', heir.fqn, 'name', heir.name)
    FROM products_dataproduct heir WHERE heir.id = products_dataproduct.successor_id),
'said', (
    SELECT jsonb_build_object('kind', said.kind, 'title', said.title)
    FROM products_announcement said
    WHERE said.product_id = products_dataproduct.id AND said.starts_at <= statement_timestamp()
        AND (said.ends_at IS NULL OR said.ends_at > statement_timestamp())
    ORDER BY array_position(ARRAY['incident', 'maintenance', 'news'], said.kind::text),
        said.starts_at DESC LIMIT 1),
'follower_count', (
    SELECT count(*) FROM products_follow follow
    WHERE follow.product_id = products_dataproduct.id),
'is_followed', EXISTS(
    SELECT 1 FROM products_follow follow
    WHERE follow.product_id = products_dataproduct.id AND follow.user_id = %s))"""

PORT = """jsonb_build_object(
'columns', (
    SELECT count(*) FROM contracts_schemaobject described
    JOIN contracts_schemaproperty shown ON shown.object_id = described.id
    WHERE described.version_id = products_outputport.contract_version_id),
'promised', ARRAY(
    SELECT jsonb_build_object('name', sla.property, 'value', sla.value, 'unit', sla.unit)
    FROM contracts_sla sla WHERE sla.version_id = products_outputport.contract_version_id
    ORDER BY sla.id LIMIT %s))"""


def page_head(fqn: str, actor: Actor) -> RawSQL:
    """`{"parts", "named_terms", "places", "heir", "said", "follower_count", "is_followed"}`.

    `places` are the domains that the name lies in, the outermost first; `heir` is the successor;
    `said` is the most urgent live announcement or None.
    """
    asked = [MAX_PARTS, SHOWN_TERMS, paths_up(fqn)[:-1], actor.user_id]  # in the order of HEAD
    return RawSQL(HEAD, asked, output_field=JSONField())  # noqa: S611 - values are parameters


def port_facts() -> RawSQL:
    """`{"columns": how many its contract describes, "promised": what the contract promises}`."""
    return RawSQL(PORT, [MAX_PROMISES], output_field=JSONField())  # noqa: S611 - as above
