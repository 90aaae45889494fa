"""Slugs of policies and terms."""

import hashlib

from django.utils.text import slugify

RESERVED = frozenset({"new", "check"})  # addresses beside `/policies/<slug>/`


def slug_of(name: str) -> str:
    """`Net revenue (EU)` → `net-revenue-eu`; other scripts get one that tells names apart."""
    plain = slugify(name)[:63].strip("-_").replace("_", "-")
    if not plain or len(plain) < len(name.strip()) // 2:
        return f"x-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    if not plain[0].isalpha() or plain in RESERVED:
        plain = f"p-{plain}"[:63].rstrip("-")
    return plain
