#!/usr/bin/env python3
"""A client for Meshport's REST interface in one file: Python 3.11, nothing to install.

Copy it, import it, or run it:

    export MESHPORT_URL=https://portal.example.org MESHPORT_TOKEN=mp_...
    python meshport.py owners sales.orders          who owns everything upstream of a product
    python meshport.py below 80                     products under a score, with their owners
    python meshport.py columns restricted > c.csv   every column of a class, as CSV
    python meshport.py wait <operation or request>  follow a job; exit code 0 where it succeeded
    python meshport.py sync catalogue.db            mirror the catalogue, then only what changed
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

TRIES = 6
BUSY = frozenset({429, 502, 503, 504})  # worth another try, for reading and for writing
ENDED = frozenset({"succeeded", "failed", "cancelled", "rejected"})
BANDS = {90: 101, 75: 90, 50: 75, 0: 50}  # of scores, as the filter `score` names them: from, to
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


class Refused(Exception):
    """The portal said no: an RFC 9457 problem."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.status = problem.get("status")
        self.type = str(problem.get("type", "")).removeprefix("/problems/")
        self.problems = problem.get("problems", [])
        where = [f"{each['pointer']}: {each['message']}" for each in self.problems]
        super().__init__("; ".join([f"{self.status} {problem.get('detail', self.type)}", *where]))


class Meshport:
    """Calls to one portal with one token."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        self.url = (url or os.environ["MESHPORT_URL"]).rstrip("/")
        self.token = token or os.environ["MESHPORT_TOKEN"]

    def get(self, path: str, **query: Any) -> Any:
        """One object or one page; names of parameters as in `/api/docs/`."""
        return self._call("GET", self._address(path, query))

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """A write. It is tried again where the portal was busy, and done once all the same."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._call("POST", self._address(path, {}), body, headers)

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page; stable while rows come and go."""
        following: str | None = self._address(path, {"page_size": 200, **query})
        while following:
            page = self._call("GET", following)
            yield from page["results"]
            following = page["next"]

    def _address(self, path: str, query: Mapping[str, Any]) -> str:
        given = urllib.parse.urlencode(query, doseq=True)
        address = f"{self.url}/api/v1/{urllib.parse.quote(path)}"
        return f"{address}?{given}" if given else address

    def _call(
        self, method: str, address: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        sent |= {"Content-Type": "application/json"} if data else {}
        call = urllib.request.Request(address, data, {**sent, **(headers or {})}, method=method)
        for tried in range(1, TRIES + 1):
            try:
                with urllib.request.urlopen(call, timeout=60) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code not in BUSY or tried == TRIES:
                    raise Refused(_problem(error)) from None
                time.sleep(float(error.headers.get("Retry-After") or 2**tried))
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if tried == TRIES:
                    raise
                time.sleep(2**tried / 2)
        raise AssertionError  # the last try returned or raised


def _problem(error: urllib.error.HTTPError) -> Mapping[str, Any]:
    try:
        found = json.loads(error.read())
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"status": error.code, "detail": error.reason}


def owners_upstream(portal: Meshport, product: str) -> dict[str, dict[str, Any]]:
    """Who owns everything that `product` is made from, directly or not.

    Returns `{team: {"name", "products": [fqn]}}`. An answer of lineage is bounded; where a node
    says that there is `more` beyond it, the question is asked again from there.
    """
    owners: dict[str, dict[str, Any]] = {}
    seen, ahead = {f"product:{product}"}, [f"product:{product}"]
    while ahead:
        start = ahead.pop()
        graph = portal.get("lineage", nodeId=start, direction="upstream", level="product", depth=20)
        for node in graph["nodes"]:
            if node["more"]["upstream"] and node["id"] not in seen:
                ahead.append(node["id"])
            if node["product"] and node["id"] not in seen:
                owner = owners.setdefault(
                    node["owner"], {"name": node["owner_name"], "products": []}
                )
                owner["products"].append(node["product"])
            seen.add(node["id"])
    return owners


def below(portal: Meshport, score: float) -> Iterator[dict[str, Any]]:
    """Products whose measured score is under `score`, worst first, with domain and owner.

    What was never measured has no score, which is not the same as a bad one: it is left out.
    """
    bands = [lower for lower in BANDS if lower < score]
    rows = portal.every("products", score=",".join(map(str, bands))) if bands else iter(())
    found = [each for each in rows if each["score"] is not None and each["score"] < score]
    yield from sorted(found, key=lambda each: (each["score"], each["fqn"]))


def columns(portal: Meshport, classification: str) -> Iterator[dict[str, Any]]:
    """Every column that a contract puts into a class, with port, product and owner."""
    return portal.every("columns", classification=classification)


def wait(portal: Meshport, name: str, *, every_s: float = 1.0, say: Any = None) -> str:
    """Follow an operation, or a request with what it starts, until it ends; returns its state.

    `say` is called with each line of the log once.
    """
    after = 0
    while True:
        try:
            found = portal.get(f"operations/{name}", after=after)
        except Refused as refused:
            if refused.status != 404:
                raise
            found = portal.get(f"requests/{name}")
            if found["operation"] and found["state"] not in ENDED:
                name, after = found["operation"], 0
                continue
        for line in found.get("log", ()):
            if say:
                say(f"{line['at'][:19]} {line['text']}")
        after = found.get("next_after", after)
        if found["state"] in ENDED:
            return str(found["state"])
        time.sleep(every_s)


TABLES = """
CREATE TABLE IF NOT EXISTS product (id TEXT PRIMARY KEY, fqn TEXT, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER);
"""


def sync(portal: Meshport, file: str) -> int:
    """Mirror the products that the token may see into a SQLite file; returns how many were read.

    The first run reads all of them, later ones only what the change feed names. What was read and
    the position up to which it was read are committed together, so a run that is killed goes on
    where it was: everything is seen at least once, and seeing it twice changes nothing.
    """
    with closing(sqlite3.connect(file)) as store:
        store.executescript(TABLES)
        row = store.execute("SELECT position FROM progress").fetchone()
        try:
            return _follow(portal, store, row[0]) if row else _read_all(portal, store)
        except Refused as refused:
            if refused.type != "events-forgotten":
                raise
            return _read_all(portal, store)  # away for longer than the feed is kept


def _read_all(portal: Meshport, store: sqlite3.Connection) -> int:
    position = portal.get("events", after="latest")["position"]  # before: what changes meanwhile
    known, count = set(), 0  # is read again by the next run
    for each in portal.every("products"):
        known.add(each["id"])
        count += _read_one(portal, store, each["id"], each["fqn"])
    _forget_others(store, known)
    return _keep(store, position, count)


def _follow(portal: Meshport, store: sqlite3.Connection, position: int) -> int:
    count = 0
    while True:
        page = portal.get(
            "events", after=position, page_size=200, type=["product.*", "announcement.*"]
        )
        changed = {
            each["data"]["subject"]["id"]: each["data"]["subject"]["name"]
            for each in page["results"]
            if each["data"]["subject"]["kind"] == "product"
        }
        for product_id, fqn in changed.items():
            count += _read_one(portal, store, product_id, fqn)
        position = page["position"]
        _keep(store, position, count)
        if not page["next"]:
            break
    # The feed is silent about what one may not see any more, so what is not listed leaves.
    _forget_others(store, {each["id"] for each in portal.every("products")})
    return _keep(store, position, count)


def _forget_others(store: sqlite3.Connection, known: set[str]) -> None:
    gone = [each for each in store.execute("SELECT id FROM product") if each[0] not in known]
    store.executemany("DELETE FROM product WHERE id = ?", gone)


def _read_one(portal: Meshport, store: sqlite3.Connection, product_id: str, fqn: str) -> int:
    try:
        found = portal.get(f"products/{fqn}")
    except Refused as refused:
        if refused.status != 404:
            raise
        store.execute("DELETE FROM product WHERE id = ?", (product_id,))  # gone, or hidden now
        return 0
    values = (found["id"], found["fqn"], json.dumps(found))
    store.execute("INSERT OR REPLACE INTO product (id, fqn, document) VALUES (?, ?, ?)", values)
    return 1


def _keep(store: sqlite3.Connection, position: int, count: int) -> int:
    store.execute("INSERT OR REPLACE INTO progress (one, position) VALUES (1, ?)", (position,))
    store.commit()
    return count


def _safe(value: Any) -> Any:
    """What people wrote may begin like a formula; an apostrophe makes it a text."""
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value


def _print_owners(portal: Meshport, given: argparse.Namespace) -> int:
    for slug, owner in sorted(owners_upstream(portal, given.product).items()):
        print(f"{slug}\t{owner['name']}\t{' '.join(sorted(owner['products']))}")
    return 0


def _print_below(portal: Meshport, given: argparse.Namespace) -> int:
    for each in below(portal, given.score):
        print(f"{each['score']:.1f}\t{each['fqn']}\t{each['owner']['slug']}")
    return 0


def _print_columns(portal: Meshport, given: argparse.Namespace) -> int:
    writer = None
    for each in columns(portal, given.classification):
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(each))
            writer.writeheader()
        writer.writerow({name: _safe(value) for name, value in each.items()})
    return 0


def _wait(portal: Meshport, given: argparse.Namespace) -> int:
    state = wait(portal, given.name, say=lambda line: print(line, file=sys.stderr))
    print(state)
    return 0 if state == "succeeded" else 1


def _sync(portal: Meshport, given: argparse.Namespace) -> int:
    print(f"{sync(portal, given.file)} products read")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The commands of the first lines of this file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    for name, run, argument, kind in (
        ("owners", _print_owners, "product", str),
        ("below", _print_below, "score", float),
        ("columns", _print_columns, "classification", str),
        ("wait", _wait, "name", str),
        ("sync", _sync, "file", str),
    ):
        command = commands.add_parser(name)
        command.add_argument(argument, type=kind)
        command.set_defaults(run=run)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(Meshport(), given))
    except Refused as refused:
        print(f"meshport: {refused}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
