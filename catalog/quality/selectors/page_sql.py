"""What the Quality tab shows beside its list of checks, in one statement.

Written in SQL: seven lists of one product, which the ORM would ask for one by one. No read rule is
in here; `visible_to` has decided that the product is seen.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from catalog.quality.selectors.describing import DESCRIBED, STEWARD

MAX_INCIDENTS = 50
NAMED = re.compile(r"%\((\w+)\)s")

HEAD = f"""
SELECT jsonb_build_object(
'dimensions', ARRAY(
    SELECT jsonb_build_array(part.dimension, part.score, part.weight, part.checks)
    FROM quality_dimensionscore part WHERE part.product_id = product.id ORDER BY part.dimension),
'points', ARRAY(
    SELECT jsonb_build_array(point.day, point.score, point.coverage)
    FROM quality_scoresnapshot point
    WHERE point.product_id = product.id AND point.day >= %(since)s ORDER BY point.day),
'checks', ARRAY(
    SELECT jsonb_build_array(known.id, known.name, known.dimension, known.weight, known.score,
        known.outcome, port.fqn, CASE known.origin
            WHEN 'tool' THEN split_part(known.key, ':', 1) ELSE known.origin END)
    FROM quality_qualitycheck known JOIN products_outputport port ON port.id = known.port_id
    WHERE port.product_id = product.id AND known.active),
'link', (SELECT link.id FROM quality_badgelink link
    WHERE link.product_id = product.id AND link.revoked_at IS NULL),
'incidents', ARRAY(
    SELECT jsonb_build_object('id', known.id, 'title', known.title, 'cause', known.cause,
        'severity', known.severity, 'state', known.state, 'broke_at', known.broke_at,
        'detected_at', known.detected_at, 'resolved_at', known.resolved_at,
        'port', (SELECT jsonb_build_object('name', port.name, 'major', port.major)
            FROM products_outputport port WHERE port.id = known.port_id),
        'assignee', (SELECT jsonb_build_object('username', person.username,
            'display_name', person.display_name)
            FROM accounts_user person WHERE person.id = known.assignee_id))
    FROM quality_incident known WHERE known.product_id = product.id
    ORDER BY known.resolved_at DESC NULLS FIRST, known.detected_at DESC, known.id DESC
    LIMIT {MAX_INCIDENTS}),
'described', (SELECT to_jsonb(facts) FROM ({DESCRIBED}) AS facts))
FROM products_dataproduct product WHERE product.id = ANY(%(ids)s)
"""  # noqa: S608 - a statement of our own inside another


def quality_head(product_id: UUID, *, since: dt.date) -> dict[str, Any]:
    """`{"dimensions", "points", "checks", "link", "incidents", "described"}` as JSON has them.

    One SQL statement. Cost: the checks and incidents of the product and the days of the trend,
    whatever the number of results.
    """
    sql, params = head_column(product_id, since=since)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        [(text,)] = cursor.fetchall()
    return read_head(text)


def head_column(product_id: UUID, *, since: dt.date) -> tuple[str, list[Any]]:
    """The statement and its parameters by place, to stand alone or as a column of another."""
    asked: dict[str, Any] = {"ids": [product_id], "since": since, "steward": STEWARD}
    return NAMED.sub("%s", HEAD), [asked[name] for name in NAMED.findall(HEAD)]


def read_head(text: str) -> dict[str, Any]:
    """What the statement gives, which is JSON."""
    found: dict[str, Any] = orjson.loads(text)
    return found
