"""The invariants of RELIABILITY §6, each a function from evidence to what contradicts it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from uuid import UUID

from tests.chaos.evidence import Evidence, Row

TERMINAL = {"succeeded", "failed", "cancelled"}
REMOVALS = {"deprovision", "unbind"}
# written down here anew: the checker does not believe the table of the code it checks
LEGAL = {
    ("queued", "running"),
    ("queued", "cancelled"),
    ("running", "running"),  # taken over
    ("running", "retry_wait"),
    ("retry_wait", "running"),
    ("retry_wait", "compensating"),
    ("running", "compensating"),
    ("compensating", "compensating"),
    ("running", "succeeded"),
    ("compensating", "failed"),
    ("compensating", "cancelled"),
}
LINES = (
    "SELECT l.id, l.operation_id, l.state, l.fence, l.text, o.instance_id, o.state AS now"
    " FROM jobs_operationlog l JOIN jobs_operation o ON o.id = l.operation_id ORDER BY l.id"
)
Found = Iterator[str]


def violations(evidence: Evidence) -> list[str]:
    """Everything that contradicts an invariant; empty when all hold."""
    try:
        evidence.collect()
        return [f"{check.__name__}: {found}" for check in CHECKS for found in check(evidence)]
    finally:
        evidence.close()


def acknowledged_work_ends(evidence: Evidence) -> Found:
    states = {
        str(r["id"]): r["state"] for r in evidence.ask("SELECT id, state FROM jobs_operation")
    }
    states |= {
        str(r["id"]): r["state"] or "without a job"
        for r in evidence.ask(
            "SELECT r.id, o.state FROM requests_request r"
            " LEFT JOIN jobs_operation o ON o.id = r.operation_id"
        )
    }
    for answer in evidence.answers:
        if states.get(answer.id) not in TERMINAL:
            yield f"{answer.id} was acknowledged and is {states.get(answer.id, 'not there')}"


def one_key_is_one_operation(evidence: Evidence) -> Found:
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for answer in evidence.answers:
        ids[answer.key].add(answer.id)
    yield from (f"{key} got {len(found)} ids" for key, found in ids.items() if len(found) > 1)
    keys_of = Counter(answer.id for answer in {(a.key, a.id): a for a in evidence.answers}.values())
    yield from (f"{each} was given to {n} keys" for each, n in keys_of.items() if n > 1)


def one_operation_at_a_time(evidence: Evidence) -> Found:
    rows = evidence.ask(
        "SELECT a.id, b.id AS other FROM jobs_operation a JOIN jobs_operation b"
        " ON a.instance_id = b.instance_id AND a.id < b.id"
        " AND a.created_at < coalesce(b.finished_at, 'infinity')"
        " AND b.created_at < coalesce(a.finished_at, 'infinity')"
    )
    yield from (f"{row['id']} and {row['other']} were open at once" for row in rows)


def nothing_is_made_twice(evidence: Evidence) -> Found:
    made = Counter((t.kind, t.name, t.instance) for t in evidence.things)
    yield from (f"{kind} {name} is there {n} times" for (kind, name, _), n in made.items() if n > 1)
    effective = Counter(
        (row["instance"], row["name"], row["verb"], row["effect_key"])
        for row in evidence.trace
        if row["changed"]
    )
    yield from (
        f"{each[2]} of {each[1]} took effect {n} times" for each, n in effective.items() if n > 1
    )
    rows = evidence.ask(
        "SELECT kind, name, count(*) AS n FROM jobs_effect WHERE removed_at IS NULL"
        " GROUP BY instance_id, driver, kind, name HAVING count(*) > 1"
    )
    yield from (f"the ledger has {row['kind']} {row['name']} {row['n']} times" for row in rows)


def success_is_there(evidence: Evidence) -> Found:
    names = {(thing.kind, thing.name, thing.instance) for thing in evidence.things}
    effects = evidence.ask(
        "SELECT e.kind, e.name, e.instance_id, s.name AS schema FROM jobs_effect e"
        " LEFT JOIN jobs_effect s ON s.instance_id = e.instance_id AND s.kind = 'schema'"
        " AND s.removed_at IS NULL WHERE e.removed_at IS NULL AND e.instance_id = ANY(%(live)s)",
        live=[each for each, kind in _last_successes(evidence).items() if kind not in REMOVALS],
    )
    for row in effects:
        kind = "role" if row["kind"] in {"grant", "login"} else row["kind"]
        if kind in KINDS and (kind, row["name"], row["instance_id"]) not in names:
            yield f"{row['kind']} {row['name']} succeeded and is not there"
        is_reader = kind == "role" and row["name"].endswith("_r") and row["schema"]
        if is_reader and (row["name"], row["schema"]) not in evidence.rights:
            yield f"{row['name']} reads nothing in {row['schema']}"


KINDS = {
    *("schema", "table", "role", "thing", "product", "contract", "dashboard", "repository"),
    *("area", "area-grant", "service instance", "service binding", "component", "acl"),
}


def nothing_is_left_over(evidence: Evidence) -> Found:
    rows = evidence.ask("SELECT id, observed_state FROM jobs_instance")
    instances = {row["id"]: row["observed_state"] for row in rows}
    kinds = _last_successes(evidence)
    abandoned = evidence.ask(
        "SELECT instance_id FROM jobs_operation WHERE error_code = 'abandoned'"
    )
    given_up = {row["instance_id"] for row in abandoned}
    for thing in evidence.things:
        if thing.instance in given_up:
            continue
        if thing.instance not in instances:
            yield f"{thing.kind} {thing.name} has no owner"
        elif kinds.get(thing.instance, "none") in REMOVALS | {"none"}:
            yield f"{thing.kind} {thing.name} is left of an instance that is gone"
        elif instances[thing.instance] == "absent":
            yield f"{thing.kind} {thing.name} is there and counts as absent"
    owned = {thing.name for thing in evidence.things if thing.kind == "role"}
    for role, schema in evidence.rights:
        if role not in owned:
            yield f"{role} has rights in {schema} and no owner"


def access_is_decided_and_ends(evidence: Evidence) -> Found:
    """What lets somebody read belongs to a grant in force, and to that a decision."""
    there = {thing.instance for thing in evidence.things if thing.kind == "role"}
    rows = evidence.ask(
        "SELECT g.id, g.state, g.instance_id, r.state AS asked, r.decided_at FROM access_grant g"
        " JOIN requests_request r ON r.id = g.request_id"
    )
    for row in rows:
        if row["decided_at"] is None or row["asked"] in {"waiting", "rejected"}:
            yield f"grant {row['id']} is {row['state']} and its request {row['asked']}"
        if row["state"] in {"revoked", "expired"} and row["instance_id"] in there:
            yield f"grant {row['id']} is {row['state']} and its role is there"
        if row["state"] == "active" and row["instance_id"] not in there:
            yield f"grant {row['id']} is active and nothing of it is there"


def the_fence_never_goes_back(evidence: Evidence) -> Found:
    highest: defaultdict[UUID, int] = defaultdict(int)
    for row in evidence.ask(LINES):
        if row["fence"] == 0:  # accepted, and nobody's yet
            continue
        about = row["instance_id"] or row["operation_id"]
        if row["fence"] < highest[about]:
            yield f"line {row['id']} of {about} has fence {row['fence']} after {highest[about]}"
        highest[about] = max(highest[about], row["fence"])
    seen: defaultdict[UUID, int] = defaultdict(int)
    for row in evidence.trace:
        if row["fence"] < seen[row["instance"]]:
            yield f"the target took fence {row['fence']} after {seen[row['instance']]}"
        seen[row["instance"]] = max(seen[row["instance"]], row["fence"])
    for row in evidence.ask("SELECT id, fence FROM jobs_instance"):
        if evidence.target_fences.get(f"instance:{row['id']}", 0) > row["fence"]:
            yield f"the target knows a fence of {row['id']} that the ledger has not given"


def moves_are_legal_and_whole(evidence: Evidence) -> Found:
    lines: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in evidence.ask(LINES):
        lines[row["operation_id"]].append(row)
    for operation, written in lines.items():
        yield from _story(operation, written)
    rows = evidence.ask(
        "SELECT o.id, o.step, count(s.*) AS steps FROM jobs_operation o"
        " JOIN jobs_operationstep s ON s.operation_id = o.id AND s.direction = 'forward'"
        " WHERE o.state = 'succeeded' GROUP BY o.id"
        " HAVING o.step <> count(s.*) OR bool_or(s.state <> 'verified')"
    )
    yield from (f"{row['id']} succeeded with {row['step']} of {row['steps']} steps" for row in rows)


def _story(operation: UUID, written: list[Row]) -> Found:
    states = [row["state"] for row in written if row["state"]]
    if states[:1] != ["queued"]:
        yield f"{operation} begins with {states[:1]}"
    yield from (
        f"{operation} went from {a} to {b}" for a, b in pairwise(states) if (a, b) not in LEGAL
    )
    ends = [state for state in states if state in TERMINAL]
    if len(ends) > 1:
        yield f"{operation} ended {len(ends)} times"
    if written[-1]["now"] in TERMINAL and states[-1] != written[-1]["now"]:
        yield f"{operation} is {written[-1]['now']}, its last event says {states[-1]}"
    if ends and not written[-1]["state"]:
        yield f"{operation} was written to after its end: {written[-1]['text']}"


def every_end_is_told(evidence: Evidence) -> Found:
    rows = evidence.ask(
        "SELECT o.id, o.state,"
        " (SELECT count(*) FROM core_outboxevent e WHERE e.topic = 'operation.finished'"
        "   AND e.key = o.id::text AND e.payload->>'state' = o.state) AS told,"
        " (SELECT count(*) FROM core_auditevent a WHERE a.object_kind = 'operation'"
        "   AND a.object_id = o.id::text AND a.verb = 'operation.' || o.state) AS kept"
        " FROM jobs_operation o WHERE o.state IN ('succeeded', 'failed', 'cancelled')"
    )
    for row in rows:
        if row["told"] != 1:
            yield f"the end of {row['id']} was told {row['told']} times"
        if row["kept"] != 1:
            yield f"the end of {row['id']} is {row['kept']} times in the audit"


def every_event_is_delivered_in_order(evidence: Evidence) -> Found:
    if evidence.deliveries is None:
        return
    events = evidence.ask(
        "SELECT event_id::text AS id, key FROM core_outboxevent"
        " WHERE topic = 'operation.finished'"
        " AND created_at <= coalesce(%(at)s::timestamptz, 'infinity') ORDER BY id",
        at=evidence.quiet_at,
    )
    first: dict[str, int] = {}
    for place, delivery in enumerate(evidence.deliveries):
        first.setdefault(delivery.event_id, place)
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    for event in events:
        if event["id"] not in first:
            yield f"event {event['id']} was not delivered"
        else:
            by_key[event["key"]].append(first[event["id"]])
    yield from (
        f"events of {key} came out of order" for key, at in by_key.items() if at != sorted(at)
    )


def no_secret_lies_about(evidence: Evidence) -> Found:
    if not evidence.canaries:
        return
    columns = evidence.ask(
        "SELECT table_name AS t, column_name AS c FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb')"
    )
    for column in columns:
        query = (
            f'SELECT count(*) AS n FROM "{column["t"]}" WHERE "{column["c"]}"::text LIKE ANY(%(c)s)'
        )
        found = evidence.ask(query, c=[f"%{canary}%" for canary in evidence.canaries])[0]["n"]
        if found:
            yield f"a secret stands {found} times in {column['t']}.{column['c']}"
    for text in evidence.texts:
        yield from ("a secret stands in a log" for canary in evidence.canaries if canary in text)


def the_audit_chain_verifies(evidence: Evidence) -> Found:
    """Hashed anew, with another JSON than the sealer's."""
    last = bytes(32)
    for place, row in enumerate(evidence.ask(SEALED), 1):
        event = {name: row[name] for name in AUDITED}
        text = json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        expected = hashlib.sha256(last + text.encode()).digest()
        if (row["n"], row["seq"], row["prev"], row["hash"]) != (place, row["id"], last, expected):
            yield f"place {place} of the audit log is not what was sealed"
            return
        last = expected
    for row in evidence.ask(LEFT_OUT):
        yield f"event {row['id']} of the audit log was left out by the sealers"


AUDITED = ("id", "at", "actor", "verb", "object_kind", "object_id", "detail", "request_id")
SEALED = (
    "SELECT s.n, s.seq, s.prev, s.hash, e.id, to_json(e.at AT TIME ZONE 'UTC') #>> '{}' AS at,"
    " e.actor, e.verb, e.object_kind, e.object_id, e.detail::text AS detail, e.request_id"
    " FROM core_auditseal s LEFT JOIN core_auditevent e ON e.id = s.seq ORDER BY s.n"
)
LEFT_OUT = (
    "SELECT id FROM core_auditevent e WHERE at < clock_timestamp() - interval '1 minute'"
    " AND id < (SELECT max(seq) FROM core_auditseal)"
    " AND NOT EXISTS (SELECT FROM core_auditseal s WHERE s.seq = e.id)"
)


def _last_successes(evidence: Evidence) -> dict[UUID, str]:
    """`{instance: kind of the last operation that succeeded on it}`."""
    rows: list[Any] = evidence.ask(
        "SELECT DISTINCT ON (instance_id) instance_id, kind FROM jobs_operation"
        " WHERE state = 'succeeded' AND instance_id IS NOT NULL"
        " ORDER BY instance_id, finished_at DESC"
    )
    return {row["instance_id"]: row["kind"] for row in rows}


CHECKS: tuple[Callable[[Evidence], Found], ...] = (
    acknowledged_work_ends,
    one_key_is_one_operation,
    one_operation_at_a_time,
    nothing_is_made_twice,
    success_is_there,
    nothing_is_left_over,
    access_is_decided_and_ends,
    the_fence_never_goes_back,
    moves_are_legal_and_whole,
    every_end_is_told,
    every_event_is_delivered_in_order,
    no_secret_lies_about,
    the_audit_chain_verifies,
)
