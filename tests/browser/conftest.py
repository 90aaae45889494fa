"""A whole portal, started as a newcomer starts it, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from portal.ops.environment import DataDir
from portal.ops.postgres import Postgres

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
START_S = 300  # a machine that does other things at the same time is slow
# What `./run test` set for pytest's own database must not reach the portal under test.
EMBEDDED = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "WAREHOUSE_URL",
    "WAREHOUSE_PUBLIC_HOST",
    "WAREHOUSE_PUBLIC_PORT",
    "CELERY_BROKER_URL",
    "SECRET_KEY",
    "FIELD_KEYS",
)
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Portal:
    """A running portal: its address, the demo password, and what it printed."""

    url: str
    process: subprocess.Popen[str]
    data_dir: Path
    printed: list[str] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)

    @property
    def password(self) -> str:
        found = re.search(r"password: (\S+)", "".join(self.printed))
        assert found, self.printed
        return found.group(1)

    @property
    def warehouse_url(self) -> str:
        """As the warehouse's administrator, for what a pipeline would write."""
        if os.environ.get("MESHPORT_EXTERNAL") == "1":
            return os.environ["WAREHOUSE_URL"]
        return Postgres(DataDir(self.data_dir)).environment()["WAREHOUSE_URL"]

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if line.startswith("Ctrl-C"):
                self.ready.set()
        self.ready.set()

    def run(self, *arguments: str) -> str:
        """The standard output of a command, as `./run` would give it."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments, "--data-dir", str(self.data_dir)],
            cwd=PROJECT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout.strip()


def environment() -> dict[str, str]:
    """Of a new shell; the production variant names the servers that its portal shall use."""
    kept = dict(os.environ)
    for name in [name for name in kept if name.startswith(("PORTAL_", "DJANGO_"))]:
        del kept[name]
    if os.environ.get("MESHPORT_EXTERNAL") == "1":
        kept["DATABASE_URL"] = kept["MESHPORT_DATABASE_URL"]
    else:
        for name in EMBEDDED:
            kept.pop(name, None)
    return kept


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """`up` with the demo company; Ctrl-C at the end must end it with 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data_dir = tmp_path_factory.mktemp("portal")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port), "--data-dir", str(data_dir)],
        cwd=PROJECT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    running = Portal(f"http://127.0.0.1:{port}", process, data_dir)
    threading.Thread(target=running.read, daemon=True).start()
    assert running.ready.wait(START_S), running.printed
    assert process.poll() is None, "".join(running.printed)
    yield running
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, "".join(running.printed)


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """Debian's Chromium through Playwright; no browser is a visible skip, or a failure in CI."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if sync_playwright is None or CHROMIUM is None:
        if request.config.getoption("--require-browser"):
            pytest.fail("--require-browser: Playwright or Chromium is missing")
        pytest.skip("Playwright or Chromium is missing")
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
