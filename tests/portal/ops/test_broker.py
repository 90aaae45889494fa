import pytest
import redis

from portal.ops import broker as broker_module
from portal.ops.broker import Broker
from portal.ops.environment import DataDir
from portal.ops.errors import CannotRun
from tests.portal.ops.helpers import eventually, processes_naming, python

LAUNCH = """
import sys, time
from pathlib import Path
from portal.ops.broker import Broker
from portal.ops.environment import DataDir

broker = Broker(DataDir(Path(sys.argv[1])))
broker.launch()
broker.wait()
print("ready", flush=True)
time.sleep(600)
"""


def client(broker):
    return redis.Redis(unix_socket_path=str(broker.socket_path))


@pytest.fixture
def broker(data):
    server = Broker(data)
    server.launch()
    server.wait()
    yield server
    server.stop()


def test_what_was_queued_survives_a_stop(data, broker):
    client(broker).rpush("queue", "job")

    broker.stop()
    broker.launch()
    broker.wait()

    assert client(broker).lrange("queue", 0, -1) == [b"job"]


def test_it_listens_on_a_private_socket_only(data, broker):
    assert client(broker).config_get("port") == {"port": "0"}
    assert broker.socket_path.stat().st_mode & 0o077 == 0


def test_it_ends_with_its_starter_even_when_that_is_killed(data):
    starter = python(LAUNCH, data.root)
    assert starter.stdout.readline().strip() == "ready"

    starter.kill()
    starter.communicate()

    eventually(lambda: not processes_naming(data.broker))


def test_a_long_path_gets_a_short_socket_that_stays_the_same(data):
    deep = DataDir(data.root / ("x" * 60) / ("y" * 60))
    deep.create()

    path = Broker(deep).socket_path

    assert len(str(path)) <= 103
    assert Broker(deep).socket_path == path
    path.parent.rmdir()


def test_an_unknown_platform_is_told_to_bring_a_broker(data, monkeypatch):
    monkeypatch.setattr(broker_module, "WHEEL", "no_such_wheel")

    with pytest.raises(CannotRun, match="set CELERY_BROKER_URL"):
        Broker(data).launch()
