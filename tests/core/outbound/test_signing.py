"""Signatures as Standard Webhooks has them."""

import base64

import pytest

from core.outbound.signing import is_secret, new_secret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_published_example_comes_out() -> None:
    headers = signed_headers(
        SECRET,
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_part_is_signed() -> None:
    base = {"event_id": "e", "timestamp": 1, "body": b"b"}
    signatures = {
        signed_headers(secret, **{**base, **other})["webhook-signature"]
        for secret, other in [
            (SECRET, {}),
            (SECRET, {"event_id": "f"}),
            (SECRET, {"timestamp": 2}),
            (SECRET, {"body": b"c"}),
            (new_secret(), {}),
        ]
    }

    assert len(signatures) == 5


def test_a_dot_cannot_move_the_border_between_id_and_time() -> None:
    with pytest.raises(ValueError, match="dot"):
        signed_headers(SECRET, event_id="e.1", timestamp=1, body=b"")


def test_new_secrets_differ_and_can_sign() -> None:
    made = {new_secret() for _ in range(20)}

    assert len(made) == 20
    assert all(map(is_secret, made))


@pytest.mark.parametrize(
    "text", ["", "whsec_", "secret", SECRET[6:], "whsec_kurz", "whsec_" + "!" * 40, "whsec_ä"]
)
def test_what_cannot_sign_is_told(text: str) -> None:
    assert not is_secret(text)


def test_the_length_of_a_key_has_bounds() -> None:
    keys = {n: "whsec_" + base64.b64encode(b"k" * n).decode() for n in (23, 24, 64, 65)}

    assert {n: is_secret(key) for n, key in keys.items()} == {
        23: False,
        24: True,
        64: True,
        65: False,
    }
