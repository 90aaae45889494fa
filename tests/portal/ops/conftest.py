import shutil
from pathlib import Path

import pytest

from portal.ops.environment import DataDir
from portal.ops.postgres import Postgres, load_place


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
