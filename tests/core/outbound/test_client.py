"""What servers may do to a call: each has an end, a size and a kind of error."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
import tracemalloc
from collections.abc import Callable

import pytest

from core.outbound import Client, Limits, Refused, Unreachable, client_for, transport
from tests.core.outbound.servers import Handler, make_certificate, raw, reply, serving

QUICK = Limits(connect_s=0.5, total_s=0.6, answer_bytes=10_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def ask(settings) -> Callable[..., object]:
    """Call a server that behaves as the handler says."""
    settings.OUTBOUND_HTTP = True

    def call(handler: Handler, limits: Limits = QUICK, method: str = "POST", **options):  # type: ignore[no-untyped-def]
        with serving(handler) as server:
            settings.OUTBOUND_INNER_HOSTS = [server.name]
            answer = client_for(server.url, limits=limits).call(method, server.url, **options)
            call.requests = server.requests  # type: ignore[attr-defined]
            return answer

    return call


def drip(head: bytes, piece: bytes) -> Handler:
    """Sends `head`, then a piece each 50 ms for five seconds: each wait is short, all are not."""

    def send(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head)
        for _ in range(100):
            time.sleep(0.05)
            connection.sendall(piece)

    return send


def flood(head: bytes, piece: bytes) -> Handler:
    def send(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return send


def silent(connection: socket.socket, _request: bytes) -> None:
    connection.recv(1)  # until the client hangs up


def chunk(size: int) -> bytes:
    return f"{size:x}\r\n".encode() + b"x" * size + b"\r\n"


LATER = {
    "silent": silent,
    "drips a body": drip(HEAD + b"Content-Length: 1000\r\n\r\n", b"x"),
    "drips headers": drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "drips a status": drip(b"", b"H"),
    "hangs up": raw(b""),
    "hangs up in the headers": raw(HEAD),
    "hangs up half-way": raw(HEAD + b"Content-Length: 1000\r\n\r\nhalf"),
    "hangs up in a chunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(9)),
    "garbage": raw(b"\x00\xff\xfe SSH-2.0-OpenSSH_9.6\r\n" * 20),
    "another protocol": raw(b"+PONG\r\n"),
    "headers without end": flood(b"HTTP/1.1 200 OK\r\n", b"X-Flood: " + b"y" * 900 + b"\r\n"),
    "two lengths": raw(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"),
}


@pytest.mark.parametrize("handler", LATER.values(), ids=LATER.keys())
def test_what_may_pass_is_told_apart_and_has_an_end(ask, handler: Handler) -> None:
    began = time.monotonic()

    with pytest.raises(Unreachable):
        ask(handler)

    assert time.monotonic() - began < 3


NEVER = {
    "too large": reply("200 OK", b"x" * 10_001),
    "without end": flood(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(4096)),
    "until it hangs up": flood(HEAD + b"Connection: close\r\n\r\n", b"x" * 4096),
    "packed": reply("200 OK", gzip.compress(b"{}"), Content_Encoding="gzip"),
    "redirect": reply("302 Found", Location="https://example.org/"),
}


@pytest.mark.parametrize("handler", NEVER.values(), ids=NEVER.keys())
def test_what_will_not_get_better_is_refused(ask, handler: Handler) -> None:
    with pytest.raises(Refused):
        ask(handler, Limits(connect_s=2, total_s=5, answer_bytes=10_000))


def test_a_gzip_bomb_is_not_unpacked(ask) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, compresslevel=9)  # 200 MB in 200 KB
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="packed"):
            ask(reply("200 OK", bomb, Content_Encoding="gzip"), Limits())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 5_000_000


def test_a_place_where_nobody_listens_may_be_there_later(settings) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(silent) as server:
        url = server.url
        settings.OUTBOUND_INNER_HOSTS = [server.name]

    with pytest.raises(Unreachable, match="cannot be reached"):
        client_for(url).call("GET", url)


def test_an_answer_comes_whole(ask) -> None:
    answer = ask(reply("201 Created", b'{"a": [1, "\xc3\xa4"]}', X_Thing="7"), json={"b": "ü"})

    assert (answer.status, answer.headers["x-thing"]) == (201, "7")
    assert answer.json() == {"a": [1, "ä"]}
    head, _, body = ask.requests[0].partition(b"\r\n\r\n")
    assert body == '{"b":"ü"}'.encode()
    assert b"accept-encoding: identity" in head.lower()
    assert b"cookie" not in head.lower()


def test_cookies_are_not_kept(settings) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(reply("200 OK", Set_Cookie="a=b")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        client = client_for(server.url)
        client.call("GET", server.url)
        client.call("GET", server.url)

        assert b"a=b" not in server.requests[1]


@pytest.mark.parametrize("status", ["500 E", "502 E", "503 E", "429 E", "408 E", "425 E"])
def test_a_busy_server_is_asked_again_later(ask, status: str) -> None:
    with pytest.raises(Unreachable) as caught:
        ask(reply(status, Retry_After="120")).require_ok()

    assert caught.value.retry_after_s == 120


@pytest.mark.parametrize(("given", "waited"), [("99999999999", 300), ("-5", 2), ("soon", 2)])
def test_a_wait_is_believed_within_reason(ask, given: str, waited: float) -> None:
    with pytest.raises(Unreachable) as caught:
        ask(reply("503 E", Retry_After=given)).require_ok()

    assert caught.value.retry_after_s == waited


@pytest.mark.parametrize("status", ["400 E", "401 E", "403 E", "404 E", "409 E", "422 E"])
def test_a_no_is_a_no(ask, status: str) -> None:
    with pytest.raises(Refused, match=status[:3]):
        ask(reply(status)).require_ok()


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"[" * 5000, b'{"a": NaN}', b"\xff"])
def test_a_body_that_is_no_json_is_told(ask, body: bytes) -> None:
    with pytest.raises(Unreachable, match="JSON"):
        ask(reply("200 OK", body)).json()


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\x00b"])
def test_no_header_is_smuggled_in(ask, value: str) -> None:
    with pytest.raises(Refused, match="header"):
        ask(reply("200 OK"), headers={"X-Name": value})


def tls_call(tmp_path, settings, monkeypatch, *, certified: str, called: str, trusted: bool):  # type: ignore[no-untyped-def]
    import ipaddress

    public, context = make_certificate(tmp_path, certified)
    trust = ssl.create_default_context(cafile=str(public) if trusted else None)
    monkeypatch.setattr(transport, "_tls", lambda: trust)
    with serving(reply("200 OK", b'"sure"')) as server:
        server.tls = context
        settings.OUTBOUND_INNER_HOSTS = [f"{called}:{server.port}"]
        client = Client(
            frozenset(settings.OUTBOUND_INNER_HOSTS),
            resolve=lambda *_: [ipaddress.ip_address("127.0.0.1")],
        )
        return client.call("GET", f"https://{called}:{server.port}/"), server.requests


def test_tls_checks_the_name_though_the_address_is_called(tmp_path, settings, monkeypatch) -> None:
    answer, _ = tls_call(
        tmp_path, settings, monkeypatch, certified="good.test", called="good.test", trusted=True
    )

    assert answer.json() == "sure"


@pytest.mark.parametrize(
    ("certified", "called", "trusted"),
    [("good.test", "other.test", True), ("good.test", "good.test", False)],
)
def test_a_certificate_that_is_not_good_ends_the_call(
    tmp_path, settings, monkeypatch, certified: str, called: str, trusted: bool
) -> None:
    with pytest.raises(Refused, match="certificate"):
        tls_call(
            tmp_path, settings, monkeypatch, certified=certified, called=called, trusted=trusted
        )
