"""Encryption of fields with a key that is not in the database: AES-256-GCM with key ids."""

import base64
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12
KEY_BYTES = 32


class CannotDecrypt(Exception):
    """The key is unknown or the ciphertext was changed."""


def parse_keys(text: str) -> dict[str, bytes]:
    """`"id:base64key,..."` as `{id: 32 bytes}`; the first key encrypts, all decrypt.

    Raises:
        ValueError: an entry has no id or its key is not 32 bytes.
    """
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        if not key_id or len(key) != KEY_BYTES:
            raise ValueError("each FIELD_KEYS entry is `<id>:<32 bytes in base64url>`")
        keys[key_id] = key
    return keys


def encrypt(plain: bytes, *, bound_to: str) -> bytes:
    """`plain` sealed with the first key; opens only with the same `bound_to`, e.g. a row id."""
    key_id, key = _first_key()
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, bound_to.encode())
    return key_id.encode() + b":" + nonce + sealed


def fingerprint(plain: bytes) -> str:
    """What tells whether a secret is the same as before, without telling the secret."""
    _, key = _first_key()
    return hmac.digest(key, plain, "sha256").hex()


def _first_key() -> tuple[str, bytes]:
    keys = parse_keys(settings.FIELD_KEYS)
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is not set: nothing can be sealed (see README.md).")
    return next(iter(keys.items()))


def decrypt(sealed: bytes, *, bound_to: str) -> bytes:
    """The plain bytes of `encrypt`.

    Raises:
        CannotDecrypt: unknown key id, changed bytes, or another `bound_to`.
    """
    key_id, _, rest = bytes(sealed).partition(b":")
    key = parse_keys(settings.FIELD_KEYS).get(key_id.decode("ascii", "replace"))
    if key is None:
        raise CannotDecrypt("no key with this id in FIELD_KEYS")
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound_to.encode())
    except InvalidTag as error:
        raise CannotDecrypt("the ciphertext was changed or belongs to another row") from error
