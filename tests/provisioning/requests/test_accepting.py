"""What is accepted does not wait for the place where it will be made."""

import socket

import pytest

from tests.provisioning.requests.conftest import Ask


def test_accepting_asks_no_target(ask: Ask, settings):
    with socket.socket() as away:
        away.bind(("127.0.0.1", 0))
        away.listen()
        away.setblocking(False)
        settings.WAREHOUSE_URL = f"postgresql://meshport@127.0.0.1:{away.getsockname()[1]}/none"

        assert ask().state == "waiting"

        with pytest.raises(BlockingIOError):  # nobody has called
            away.accept()
