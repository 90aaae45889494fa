"""Identifiers that sort by time."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A version 7 UUID: 48 bits of Unix milliseconds, then random bits (RFC 9562 §5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def uuids_in(text: str) -> list[uuid.UUID]:
    """The UUID that `text` is, or nothing when it is none."""
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


def numbers_in(text: str) -> list[int]:
    """The number of a row that `text` is, or nothing when it is none."""
    fits = text.isascii() and text.isdecimal() and len(text) < 19  # 64 bits
    return [int(text)] if fits else []
