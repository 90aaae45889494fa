"""Git servers that fail, lie, or are hostile; and what the portal tells them."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from core.outbound import Refused
from provisioning.drivers.git.remote import RemoteStore
from provisioning.drivers.git.target import KIND
from provisioning.drivers.git.wire import require_bounded
from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import DriverError, PermanentError, TemporaryError
from tests.core.outbound.servers import Handler, raw, reply, serving
from tests.provisioning.drivers import kit, repositories
from tests.provisioning.drivers.repositories import TOKEN
from tests.provisioning.drivers.test_git_kit import NO_GIT, case_of, remote_driver

ADVERTISED = "application/x-git-upload-pack-advertisement"
OK = "200 OK"


def packets(*lines: bytes) -> bytes:
    return b"".join(b"%04x" % (len(line) + 4) + line for line in lines)


def advertised(*lines: bytes) -> bytes:
    return packets(b"# service=git-upload-pack\n") + b"0000" + packets(*lines) + b"0000"


def git_reply(body: bytes, status: str = OK) -> Handler:
    return reply(status, body, **{"Content-Type": ADVERTISED})


SHA = b"1" * 40
PASSING: dict[str, Handler | None] = {
    **kit.FAULTS,
    "no git": reply(OK, b"<html>Welcome"),
    "nothing": git_reply(b""),
    "half a packet": git_reply(b"0040# service=git-up"),
    "wrong service": git_reply(packets(b"# service=git-other\n") + b"0000"),
    "no length": git_reply(b"zzzz"),
    "endless": git_reply(b"fff0" + b"x" * 100),
    "refs of garbage": git_reply(advertised(b"garbage\0caps\n")),
    "a ref and no objects": git_reply(advertised(SHA + b" refs/heads/main\0side-band-64k\n")),
    "half an answer": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n0000"),
    "busy": reply("503 Service Unavailable"),
    "broken": reply("500 Internal Server Error"),
}
LASTING: dict[str, Handler] = {
    "redirect": reply("302 Found", Location="http://127.0.0.1:1/"),
    "too large": git_reply(b"x" * 9_000_000),
    "unauthorised": reply("401 Unauthorized"),
    "forbidden": reply("403 Forbidden"),
}


def at_a_fault(settings: Settings, fault: Handler | None, error: type[DriverError]) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(fault or raw(b"")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        if fault is None:
            server.close()
        kit.faulty_target_is_told(remote_driver(server.url), case_of(), error)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_may_pass_is_told(settings: Settings, fault: Handler | None) -> None:
    at_a_fault(settings, fault, TemporaryError)


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_a_fault_that_will_not_pass_is_told(settings: Settings, fault: Handler) -> None:
    at_a_fault(settings, fault, PermanentError)


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Any:
    """Base URL of dulwich's server over `tmp_path`."""
    with repositories.dulwich_server(tmp_path) as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        yield url


def test_a_repository_that_is_not_there_is_told(served: str) -> None:
    driver = remote_driver(served)

    assert driver.plan(case_of().step)[0].change == "create"
    assert not driver.ensure_absent(case_of().step, effect_key="k", fence=1).exists
    with pytest.raises(PermanentError, match="makes none when it is pushed to"):
        driver.ensure(case_of().step, effect_key="k", fence=1)


@NO_GIT
def test_a_server_may_make_it_at_the_first_push(settings: Settings, tmp_path: Path) -> None:
    case = case_of()
    with repositories.git_server(tmp_path, makes=True) as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        made = remote_driver(url).ensure(case.step, effect_key="k", fence=1)

    (path,) = tmp_path.iterdir()
    assert made.attributes["repository"] == f"{url}/{path.name}"
    assert TOKEN not in str(made)
    assert "README.md" in repositories.files_of(path)


def test_a_push_that_was_not_kept_is_not_believed(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says ok, and has the old refs."""
    from dulwich.refs import DiskRefsContainer

    repositories.bare(tmp_path, "orders.git")
    monkeypatch.setattr(DiskRefsContainer, "set_if_equals", lambda *_a, **_k: True)
    with pytest.raises(TemporaryError, match="does not show it"):
        remote_driver(served).ensure(case_of(name="orders").step, effect_key="k", fence=1)


def test_a_repository_of_people_is_left_alone(served: str, tmp_path: Path) -> None:
    path = repositories.bare(tmp_path, "orders.git")
    store = remote_driver(served)
    store.ensure(case_of(name="orders").step, effect_key="k", fence=1)
    before = repositories.snapshot(tmp_path)

    with pytest.raises(PermanentError, match="in the way"):
        store.ensure(case_of(name="orders").step, effect_key="k", fence=2)

    assert repositories.snapshot(tmp_path) == before
    assert path.exists()


def bomb(size: int) -> bytes:
    """A pack with one blob that says it is small, or as large as it is."""
    head = bytearray([0x30 | (size & 15) | (0x80 if size > 15 else 0)])
    rest = size >> 4
    while rest:
        head.append((rest & 0x7F) | (0x80 if rest > 0x7F else 0))
        rest >>= 7
    packed = zlib.compress(b"\0" * size)
    return b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes(head) + packed


def test_a_pack_that_unpacks_to_too_much_is_refused() -> None:
    require_bounded(bomb(1_000_000))
    with pytest.raises(Refused):
        require_bounded(bomb(65_000_000))
    lying = bytearray(bomb(1_000_000))
    lying[12:16] = bytes([0x30 | 9])
    with pytest.raises((ValueError, zlib.error)):
        require_bounded(bytes(lying))


@pytest.mark.parametrize("cut", [0, 3, 12, 13, 20])
def test_half_a_pack_is_none(cut: int) -> None:
    with pytest.raises((ValueError, IndexError)):
        require_bounded(bomb(100)[:cut])


def opened(url: str, **config: str) -> Opened:
    return Opened("git", {"url": url, **config}, {"token": TOKEN})


def test_the_probe_reads_a_repository_if_there_is_one_to_read(served: str, tmp_path: Path) -> None:
    repositories.bare(tmp_path, "playground.git")

    assert "name a test repository" in KIND.probe(opened(served))
    assert "can be read" in KIND.probe(opened(served, test_repository="playground"))
    with pytest.raises(PermanentError, match="no repository other"):
        KIND.probe(opened(served, test_repository="other"))


@pytest.mark.parametrize(
    "url",
    [
        *("http://git.example.org/", "https://user:pw@git.example.org/", "git@host:x"),
        *("https://git.example.org/?x=1", "file:///etc", "ssh://git.example.org/"),
    ],
)
def test_a_base_url_is_plain(url: str) -> None:
    assert [problem.pointer for problem in KIND.check(opened(url))] == ["/config/url"]


def test_the_token_goes_to_its_server_only_and_is_in_no_message(settings: Settings) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(reply("403 Forbidden")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        with pytest.raises(PermanentError) as caught:
            remote_driver(server.url).observe(case_of().step)
        (request,) = server.requests

    assert b"authorization: Basic" in request
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(RemoteStore(server.url, token=TOKEN))
