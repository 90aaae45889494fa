import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal.ops.environment import DataDir
from portal.ops.postgres import Postgres, load_place
from tests.portal.ops.helpers import PROJECT

EMBEDDED = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "WAREHOUSE_URL",
    "CELERY_BROKER_URL",
    "PORTAL_URL",
)


@pytest.fixture
def data(tmp_path):
    """A fresh data folder. As root its cluster is elsewhere, because pytest's folders are 0700."""
    folder = DataDir(tmp_path / "data")
    folder.create()
    yield folder
    remove_cluster(folder)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A running server that the tests of a module share; one that is harmed needs its own."""
    folder = DataDir(tmp_path_factory.mktemp("shared") / "data")
    folder.create()
    server = Postgres(folder, throwaway=True)
    server.join()
    yield server
    server.leave()
    remove_cluster(folder)


def remove_cluster(folder):
    place = load_place(folder.postgres)
    if place is not None:
        shutil.rmtree(Path(place.cluster).parent, ignore_errors=True)


@pytest.fixture
def environ(data):
    """An operator's environment that names nothing but a data folder."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if name not in EMBEDDED and not name.startswith("PYTEST_")
    }
    return {**plain, "PORTAL_DATA_DIR": str(data.root)}


@pytest.fixture
def manage(environ):
    started = []

    def start(*arguments, **more):
        process = subprocess.Popen(
            [sys.executable, PROJECT / "manage.py", *map(str, arguments)],
            env={**environ, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
