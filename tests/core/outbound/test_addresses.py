"""No address form, redirect or changing name leads inside (SECURITY §2, SSRF)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from core.outbound import Client, OutboundError, Refused, client_for, read_url
from core.outbound.addresses import Address, is_inner
from tests.core.outbound.servers import Listener, reply, serving

# {p} is the port of a listener on 127.0.0.1; the client may call any host:port it can read.
FORMS = [
    "http://127.0.0.1:{p}/",
    "http://localhost:{p}/",
    "http://LOCALHOST:{p}/",
    "http://localhost.:{p}/",
    "http://127.0.0.1.:{p}/",
    "http://127.1:{p}/",
    "http://127.0.1:{p}/",
    "http://127.127.127.127:{p}/",
    "http://0:{p}/",
    "http://0.0.0.0:{p}/",
    "http://00000000:{p}/",
    "http://2130706433:{p}/",
    "http://017700000001:{p}/",
    "http://0x7f000001:{p}/",
    "http://0x7f.1:{p}/",
    "http://0x7f.0x0.0x0.0x1:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://0177.0000.0000.0001:{p}/",
    "http://127.0.0.01:{p}/",
    "http://127.00.0.1:{p}/",
    "http://0127.0.0.1:{p}/",
    "http://127.0.0.1%00.example.org:{p}/",
    "http://127.0.0.1%20:{p}/",
    "http://%31%32%37.0.0.1:{p}/",
    "http://%6c%6f%63alhost:{p}/",
    "http://①②⑦.⓪.⓪.①:{p}/",
    "http://127。0。0。1:{p}/",
    "http://ｌocalhost:{p}/",
    "http://loc\xadalhost:{p}/",
    "http://[::1]:{p}/",
    "http://[::]:{p}/",
    "http://[0:0:0:0:0:0:0:1]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/",
    "http://[::127.0.0.1]:{p}/",
    "http://[::7f00:1]:{p}/",
    "http://[64:ff9b::127.0.0.1]:{p}/",
    "http://[64:ff9b:1::127.0.0.1]:{p}/",
    "http://[2002:7f00:1::]:{p}/",
    "http://[2001:0:7f00:1::1]:{p}/",
    "http://[::1%25lo]:{p}/",
    "http://[::1%lo]:{p}/",
    "http://[fe80::1%25lo]:{p}/",
    "http://[fe80::1]:{p}/",
    "http://[fd00::1]:{p}/",
    "http://[ff02::1]:{p}/",
    "http://[fec0::1]:{p}/",
    "http://[100::1]:{p}/",
    "http://[2001:db8::1]:{p}/",
    "http://[::ffff:0:127.0.0.1]:{p}/",
    "http://example.org@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}@example.org/",
    "http://a:b@127.0.0.1:{p}/",
    "http://example.org%40127.0.0.1:{p}/",
    "http://example.org#@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}#@example.org/",
    "http://example.org\\@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}\\@example.org/",
    "http:\\\\127.0.0.1:{p}/",
    "http:127.0.0.1:{p}/",
    "http:/127.0.0.1:{p}/",
    "http:///127.0.0.1:{p}/",
    "//127.0.0.1:{p}/",
    "127.0.0.1:{p}",
    "http://127.0.0.1:{p}:80/",
    "http://127.0.0.1:0{p}0/",
    "http://127.0.0.1:+{p}/",
    "http://127.0.0.1:/",
    "http://169.254.169.254:{p}/latest/meta-data/",
    "http://10.0.0.1:{p}/",
    "http://172.16.0.1:{p}/",
    "http://192.168.0.1:{p}/",
    "http://100.64.0.1:{p}/",
    "http://192.0.0.192:{p}/",
    "http://198.18.0.1:{p}/",
    "http://224.0.0.1:{p}/",
    "http://255.255.255.255:{p}/",
    "http://240.0.0.1:{p}/",
    "http://192.88.99.1:{p}/",
    "ftp://127.0.0.1:{p}/",
    "file://127.0.0.1:{p}/etc/passwd",
    "gopher://127.0.0.1:{p}/_x",
    "dict://127.0.0.1:{p}/",
    "jar:http://127.0.0.1:{p}!/",
    "unix:///run/x.sock",
    "javascript:alert(1)",
    "http+unix://127.0.0.1:{p}/",
]
SPACED = [
    " http://127.0.0.1:{p}/",
    "http://127.0.0.1:{p}/ HTTP/1.1\r\nHost: x",
    "http://127.0.0.1\t:{p}/",
    "http://127.0.0.1:{p}/\n",
    "ht\ntp://127.0.0.1:{p}/",
    "http://127.0.0.1\x00:{p}/",
]


@pytest.fixture
def canary(settings) -> Iterator[Listener]:
    settings.OUTBOUND_HTTP = True
    with serving(reply("200 OK")) as listener:
        yield listener


class Everything(frozenset):  # type: ignore[type-arg]
    """An allow-list that stops nothing: what is refused is refused for its address."""

    def __contains__(self, _name: object) -> bool:
        return True


def says(*answers: str) -> tuple[list[str], Client]:
    """A client whose resolver gives one answer after the other (addresses parted by commas)."""
    asked: list[str] = []

    def resolve(host: str, port: int, within_s: float) -> list[Address]:
        asked.append(host)
        text = answers[min(len(asked), len(answers)) - 1]
        return [ipaddress.ip_address(part) for part in text.split(",")]

    return asked, Client(Everything(), resolve=resolve)


def test_there_are_enough_forms() -> None:
    assert len(FORMS) + len(SPACED) >= 60


@pytest.mark.parametrize("form", FORMS + SPACED)
def test_no_form_of_an_inner_address_is_called(canary: Listener, form: str) -> None:
    with pytest.raises(Refused):
        Client(Everything()).call("GET", form.replace("{p}", str(canary.port)))

    assert canary.connections == 0


INNER = [
    *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.127.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd12::1"),
    *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "ff02::1"),
]


@pytest.mark.parametrize("address", [*INNER, "93.184.216.34,127.0.0.1"])
def test_no_name_that_leads_inside_is_called(canary: Listener, address: str) -> None:
    _, client = says(address)

    with pytest.raises(Refused, match="inner address"):
        client.call("GET", f"http://innocent.example.org:{canary.port}/")

    assert canary.connections == 0


def test_a_name_that_leads_inside_at_the_second_look_gains_nothing(canary, settings) -> None:
    """The name is resolved once, and the address of that one look is called."""
    settings.OUTBOUND_INNER_HOSTS = [f"rebind.example.org:{canary.port}"]
    with serving(reply("200 OK", b'"first"'), host="127.0.0.2", port=canary.port) as first:
        asked, client = says("127.0.0.2", "127.0.0.1")

        answer = client.call("GET", f"http://rebind.example.org:{canary.port}/")

        assert answer.json() == "first"
        assert (asked, first.connections) == (["rebind.example.org"], 1)
    assert canary.connections == 0


def test_after_the_check_nothing_asks_for_the_name_again(canary, settings, monkeypatch) -> None:
    settings.OUTBOUND_INNER_HOSTS = [f"rebind.example.org:{canary.port}"]
    real, names = socket.getaddrinfo, []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: (names.append(host), real(host, *a, **k))[1]
    )
    _, client = says("127.0.0.1")

    client.call("GET", f"http://rebind.example.org:{canary.port}/")

    assert set(names) <= {"127.0.0.1"}
    assert b"host: rebind.example.org:" in canary.requests[0].lower()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 T", "308 P"])
def test_no_redirect_is_followed(canary, settings, status: str) -> None:
    with serving(reply(status, Location=f"http://127.0.0.1:{canary.port}/")) as outer:
        settings.OUTBOUND_INNER_HOSTS = [outer.name, canary.name]

        with pytest.raises(Refused, match="redirect"):
            Client(Everything()).call("POST", outer.url, json={})

        assert outer.connections == 1
    assert canary.connections == 0


def test_proxies_of_the_environment_are_not_used(canary, settings, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    with serving(reply("200 OK")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]

        assert client_for(server.url).call("GET", server.url).is_ok

    assert canary.connections == 0


def test_only_the_places_of_the_caller_are_called(canary, settings) -> None:
    settings.OUTBOUND_INNER_HOSTS = [canary.name]
    with serving(reply("200 OK")) as other:
        settings.OUTBOUND_INNER_HOSTS.append(other.name)

        with pytest.raises(Refused, match="not among"):
            client_for(other.url).call("GET", canary.url)

    assert canary.connections == 0


def test_http_needs_the_setting(canary, settings) -> None:
    settings.OUTBOUND_HTTP = False
    settings.OUTBOUND_INNER_HOSTS = [canary.name]

    with pytest.raises(Refused, match="https"):
        client_for(canary.url)

    assert canary.connections == 0


def test_a_host_inside_is_named_with_its_port(canary, settings) -> None:
    settings.OUTBOUND_INNER_HOSTS = [f"127.0.0.1:{canary.port + 1}", "127.0.0.1"]

    with pytest.raises(Refused, match="inner address"):
        client_for(canary.url).call("GET", canary.url)

    settings.OUTBOUND_INNER_HOSTS = [canary.name]
    assert client_for(canary.url).call("GET", canary.url).is_ok


@pytest.mark.parametrize(
    ("url", "name", "target"),
    [
        ("https://Hooks.Example.org", "hooks.example.org:443", "/"),
        (
            "https://hooks.example.org:8443/a/b?c=d&e=%20",
            "hooks.example.org:8443",
            "/a/b?c=d&e=%20",
        ),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example:443", "/"),
        ("https://93.184.216.34/", "93.184.216.34:443", "/"),
        ("https://[2606:2800:220:1::1]:444/x", "[2606:2800:220:1::1]:444", "/x"),
        ("https://3com.example/", "3com.example:443", "/"),
    ],
)
def test_plain_addresses_are_read(url: str, name: str, target: str) -> None:
    place = read_url(url)

    assert (place.name, place.target) == (name, target)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2a00::1"])
def test_public_addresses_are_not_inner(address: str) -> None:
    assert not is_inner(ipaddress.ip_address(address))


def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(OutboundError, match=r"cannot be resolved|in time"):
        client_for("https://nobody.invalid/").call("GET", "https://nobody.invalid/")
