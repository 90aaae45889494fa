"""`doctor`: is everything there that a portal needs? One line per check: ok, warn or fail."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import redis

from portal.mail_url import mail_server
from portal.ops.environment import (
    MIN_FREE_BYTES,
    PROJECT,
    DataDir,
    data_dir,
    fill_in,
    set_common,
    uses_embedded_broker,
    uses_embedded_database,
)
from portal.ops.errors import CannotRun, reason
from portal.ops.locks import FileLock
from portal.ops.postgres import Postgres
from portal.ops.supervisor import readiness

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15
ISOLATING_POSTGRES = 16  # from here on CREATEROLE reaches only the roles it made
COMFORTABLE_FREE_BYTES = 10 * MIN_FREE_BYTES
MAX_CLOCK_DIFFERENCE_S = 5.0
MAX_UNSEALED_S = 600.0
OLDEST_UNSEALED = (
    "SELECT extract(epoch FROM clock_timestamp() - at)::float FROM core_auditevent"
    " WHERE id > (SELECT coalesce(max(seq), 0) FROM core_auditseal) ORDER BY id LIMIT 1"
)


@dataclass(frozen=True)
class Finding:
    """One line of the report; `text` says what was found and, if need be, how to mend it."""

    result: str
    check: str
    text: str


def main(arguments: list[str]) -> int:
    """Print all findings; 1 when one of them is `fail`."""
    if arguments:
        raise CannotRun("doctor takes no arguments but --data-dir.")
    data = data_dir(os.environ)
    data.create()
    set_common(os.environ, data)
    findings = list(_examined(data))
    for finding in findings:
        print(f"{finding.result:5}{finding.check:10}{finding.text}")
    return int(any(finding.result == "fail" for finding in findings))


def _examined(data: DataDir) -> Iterator[Finding]:
    yield python()
    yield disk(data)
    with _database(data) as problem:
        if problem is not None:
            yield Finding("fail", "database", problem)
        else:
            yield from database()
            yield warehouse()
        yield settings()
    yield broker(data)
    yield workers(data)
    yield mail()


@contextmanager
def _database(data: DataDir) -> Iterator[str | None]:
    """The embedded database, when it is that one, for the duration of the checks."""
    if not uses_embedded_database(os.environ):
        yield None
        return
    postgres = Postgres(data)
    try:
        postgres.join()
    except CannotRun as error:
        yield str(error)
        return
    try:
        fill_in(os.environ, postgres.environment())
        yield None
    finally:
        postgres.leave()


def python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding("fail", "python", f"{version}; install Python 3.11 or newer")
    return Finding("ok", "python", version)


def mail() -> Finding:
    """Whether the mail server of EMAIL_URL takes our name and password; no mail is sent."""
    try:
        server = mail_server(os.environ.get("EMAIL_URL", ""))
    except ValueError as error:
        return Finding("fail", "mail", str(error))
    if not server.host:
        return Finding("ok", "mail", "EMAIL_URL is not set; news stand in the portal alone")
    where = f"{server.host}:{server.port}"
    opened = smtplib.SMTP_SSL if server.ssl else smtplib.SMTP
    try:
        with opened(server.host, server.port, timeout=5) as connection:
            if server.tls:
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
    except (smtplib.SMTPException, OSError) as error:
        text = f"{where} does not take mail ({type(error).__name__}); mend EMAIL_URL"
        return Finding("warn", "mail", text)
    return Finding("ok", "mail", where)


def disk(data: DataDir) -> Finding:
    free = shutil.disk_usage(data.root).free
    text = f"{free // 1_000_000} MB free in {data.root}"
    if free < COMFORTABLE_FREE_BYTES:
        return Finding("warn", "disk", f"{text}; free some, or move the data with --data-dir")
    return Finding("ok", "disk", text)


def database() -> Iterator[Finding]:
    """Version, rights and clock of the server of DATABASE_URL."""
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
            yield _version(connection)
            yield _rights(connection)
            yield _clock(connection)
            yield from _audit(connection)
            yield from _feed(connection)
    except psycopg.Error as error:
        yield Finding("fail", "database", f"{reason(error)}; start it or mend DATABASE_URL")


def warehouse() -> Finding:
    """Whether products can be provisioned, and stay apart from the portal's own tables."""
    url = os.environ.get("WAREHOUSE_URL")
    if not url:
        return Finding("warn", "warehouse", "WAREHOUSE_URL is not set; nothing can be provisioned")
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            major = connection.info.server_version // 10_000
            here = _identity(connection)
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
            shared = _identity(connection) == here
    except psycopg.Error as error:
        return Finding("fail", "warehouse", f"{reason(error)}; start it or mend WAREHOUSE_URL")
    if shared and major < ISOLATING_POSTGRES:
        text = f"shares PostgreSQL {major} with the portal; use another server, or 16 and newer"
        return Finding("fail", "warehouse", text)
    return Finding("ok", "warehouse", f"PostgreSQL {major}")


def settings() -> Finding:
    """Django's own checks, in a process of their own: broken settings must not end the report."""
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--fail-level", "ERROR"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode == 0:
        return Finding("ok", "settings", "checked")
    lines = [line.strip() for line in answer.stderr.splitlines() if line.strip()]
    return Finding("fail", "settings", lines[-1] if lines else "manage.py check fails")


def broker(data: DataDir) -> Finding:
    if uses_embedded_broker(os.environ):
        if _is_up(data):
            return Finding("ok", "broker", "embedded")
        return Finding("ok", "broker", "embedded; starts with ./run up")
    if _broker_answers(os.environ["CELERY_BROKER_URL"]):
        return Finding("ok", "broker", "answers")
    return Finding("fail", "broker", "no answer; start it or mend CELERY_BROKER_URL")


def workers(data: DataDir) -> Finding:
    """What the running portal says of itself; it is not ready without a living worker."""
    if not _is_up(data):
        return Finding("warn", "workers", "no portal runs here; start it with ./run up")
    address = (data.root / "address").read_text().strip().rstrip("/")
    status, text = readiness("127.0.0.1", int(address.rpartition(":")[2]))
    if status == 200:
        return Finding("ok", "workers", "alive")
    return Finding("fail", "workers", f"{text}; see {data.logs}")


def _broker_answers(url: str) -> bool:
    plain = url.replace("redis+socket://", "unix://", 1)
    try:
        with redis.Redis.from_url(plain, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError, ValueError):
        return False


def _version(connection: psycopg.Connection) -> Finding:
    major = connection.info.server_version // 10_000
    if major < OLDEST_POSTGRES:
        return Finding("fail", "database", f"PostgreSQL {major}; use 15 or newer")
    return Finding("ok", "database", f"PostgreSQL {major}")


def _rights(connection: psycopg.Connection) -> Finding:
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls, EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)"
        " FROM pg_roles r WHERE rolname = current_user"
    ).fetchone()
    too_strong, owns_tables = row or (True, True)
    if too_strong or owns_tables:
        what = "may pass over row-level security" if too_strong else "owns the tables"
        mend = "use a plain role in DATABASE_URL and the owner in DATABASE_OWNER_URL"
        return Finding("warn", "rights", f"the portal's role {what}; {mend}")
    return Finding("ok", "rights", "the portal's role owns nothing")


def _clock(connection: psycopg.Connection) -> Finding:
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float").fetchone()
    difference_s = abs(time.time() - row[0]) if row else 0.0
    text = f"{difference_s:.1f} s from the database's"
    if difference_s > MAX_CLOCK_DIFFERENCE_S:
        return Finding("warn", "clock", f"{text}; let both machines synchronise their time")
    return Finding("ok", "clock", text)


def _audit(connection: psycopg.Connection) -> Iterator[Finding]:
    """Whether events of the audit log wait long for their seal; nothing before the first `up`."""
    there = connection.execute("SELECT to_regclass('core_auditseal') IS NOT NULL").fetchone()
    if there != (True,):
        return
    row = connection.execute(OLDEST_UNSEALED).fetchone()
    waits_s = row[0] if row else 0.0
    if waits_s > MAX_UNSEALED_S:
        text = f"not sealed for {waits_s / 60:.0f} min; let a sweeper run (./run up)"
        yield Finding("warn", "audit", text)
    else:
        yield Finding("ok", "audit", "sealed; ./run audit-verify compares it with its seals")


def _feed(connection: psycopg.Connection) -> Iterator[Finding]:
    """Whether events could not be told to webhooks; nothing before the first `up`."""
    there = connection.execute("SELECT to_regclass('feed_skippedevent') IS NOT NULL").fetchone()
    if there != (True,):
        return
    row = connection.execute("SELECT count(*), max(position) FROM feed_skippedevent").fetchone()
    count, last = row if row else (0, None)
    if count:
        events = "1 event" if count == 1 else f"{count} events"
        text = f"{events} could not be told, the last at {last}; the page Webhooks says why"
        yield Finding("warn", "feed", text)
    else:
        yield Finding("ok", "feed", "every event could be told")


def _identity(connection: psycopg.Connection) -> tuple[object, ...] | None:
    """The same for two databases of one server, whatever URL led there."""
    return connection.execute(
        "SELECT pg_postmaster_start_time(), current_setting('port')"
    ).fetchone()


def _is_up(data: DataDir) -> bool:
    return not FileLock(data.root / "up.lock").is_free()
