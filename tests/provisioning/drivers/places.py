"""A team with a PostgreSQL of its own, reached over TCP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from accounts.models import Team
from provisioning.drivers.services import TargetData


def tcp_url(warehouse_url: str, **changes: str) -> str:
    """The test warehouse by host and port: a socket folder is no place for a target."""
    parts = {**conninfo_to_dict(warehouse_url), **changes}
    host = str(parts["host"])
    host = "127.0.0.1" if host.startswith("/") else host
    user, password = (quote(str(parts[name]), safe="") for name in ("user", "password"))
    return f"postgresql://{user}:{password}@{host}:{parts['port']}/{parts['dbname']}"


def place_of(url: str) -> str:
    """`host:port` of a URL."""
    return url.rpartition("@")[2].partition("/")[0]


def lake(team: Team, url: str, **changes: Any) -> TargetData:
    """What `team` says of its lake."""
    given: dict[str, Any] = {
        "slug": "lake",
        "name": "Lake",
        "driver": "postgres",
        "owner": team,
        "config": {"public_host": "lake.example.org", "public_port": 6432},
        "secrets": {"url": url},
    }
    return TargetData(**{**given, **changes})
