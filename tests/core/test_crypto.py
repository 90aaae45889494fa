"""Sealed fields."""

import base64

import pytest

from core.crypto import CannotDecrypt, decrypt, encrypt, parse_keys

OLD = "old:" + base64.urlsafe_b64encode(b"o" * 32).decode()
NEW = "new:" + base64.urlsafe_b64encode(b"n" * 32).decode().rstrip("=")


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_KEYS = OLD


def test_what_is_sealed_opens_with_its_row_only():
    sealed = encrypt(b"secret", bound_to="row-1")

    assert b"secret" not in sealed
    assert decrypt(sealed, bound_to="row-1") == b"secret"
    with pytest.raises(CannotDecrypt):
        decrypt(sealed, bound_to="row-2")


def test_a_new_key_in_front_seals_and_the_old_one_still_opens(settings):
    sealed = encrypt(b"secret", bound_to="row")
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    assert decrypt(sealed, bound_to="row") == b"secret"
    assert encrypt(b"x", bound_to="row").startswith(b"new:")


def test_without_its_key_nothing_opens(settings):
    sealed = encrypt(b"secret", bound_to="row")
    settings.FIELD_KEYS = NEW

    with pytest.raises(CannotDecrypt):
        decrypt(sealed, bound_to="row")


def test_every_changed_byte_is_noticed():
    sealed = encrypt(b"secret", bound_to="row")

    for n in range(len(sealed)):
        changed = bytearray(sealed)
        changed[n] ^= 1
        with pytest.raises(CannotDecrypt):
            decrypt(bytes(changed), bound_to="row")


@pytest.mark.parametrize("text", ["k:c2hvcnQ", ":" + "A" * 43, "no-colon"])
def test_an_unusable_key_is_refused(text):
    with pytest.raises(ValueError):
        parse_keys(text)
