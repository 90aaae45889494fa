"""Made-up rows of the demo's real tables: believable, and the same for the same seed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from portal.demo.company import SEED, Col, ProductSpec

ROWS = 400
CUSTOMERS, ARTICLES, SHOPS = 150, 80, 212
START = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
CHOICES: dict[str, tuple[str, ...]] = {
    "carrier": ("Nordpost", "Velotrans", "Kurier Ost"),
    "channel": ("web", "app", "store", "phone"),
    "country": ("DE", "AT", "NL", "DK"),
    "reason": ("too small", "too large", "not as pictured", "broken", "changed my mind", "unknown"),
    "condition": ("new", "opened", "used", "broken"),
    "churn_band": ("low", "low", "low", "medium", "high", "new"),
    "main_reason": ("no order for long", "late parcel", "unanswered complaint", "price"),
    "loyalty_tier": ("none", "none", "silver", "gold"),
    "model": ("last-click", "data-driven"),
    "campaign_id": ("CAMP-AUTUMN", "CAMP-NEWSLETTER", "CAMP-SHOES", "CAMP-BRAND"),
    "city": ("Hamburg", "Wien", "Utrecht", "Aarhus", "Leipzig", "Graz", "Kiel", "Breda"),
    "location_id": ("WH-NORTH", "WH-SOUTH", "WH-EAST"),
}
SHARES = frozenset({"churn_risk", "credit"})  # 0 to 1
RANGES = {"order_value_eur": (9, 420), "total_eur": (2, 260), "price_eur": (2, 180)}


def rows_of(spec: ProductSpec) -> list[dict[str, Any]]:
    """The rows of a product's table."""
    return [_row(spec, n) for n in range(ROWS)]


def _row(spec: ProductSpec, n: int) -> dict[str, Any]:
    chance = random.Random(f"{SEED}/{spec.slug}/{n}")  # noqa: S311 - made-up rows, no secret
    keys = [col.name for col in spec.columns if "k" in col.marks]
    counted = any("k" in col.marks and col.logical_type == "integer" for col in spec.columns)
    row: dict[str, Any] = {}
    for col in spec.columns:
        if col.name == keys[0]:
            row[col.name] = _key(col, n // 2 if counted else n)
        elif col.name in keys and col.logical_type == "integer":
            row[col.name] = n % 2 + 1
        else:
            row[col.name] = _value(col, n, chance)
    return row


def _key(col: Col, n: int) -> str:
    """Never the same twice."""
    if col.logical_type == "date":
        return (START + dt.timedelta(days=n)).date().isoformat()
    return _id(col.name, n)


def _id(name: str, n: int) -> str:
    """`order_id`, 7 → `O-100007`; the same thing has the same form in every table."""
    word = name.removeprefix("merchant_").removeprefix("web_").removesuffix("_id")
    return f"{word[:1].upper()}-{100_000 + n}"


def _value(col: Col, n: int, chance: random.Random) -> Any:
    if col.name in CHOICES:
        return chance.choice(CHOICES[col.name])
    makers: dict[str, Callable[[], Any]] = {
        "string": lambda: _text(col, n, chance),
        "integer": lambda: chance.randint(1, 40),
        "number": lambda: _number(col, chance),
        "boolean": lambda: chance.random() < 0.2,
        "date": lambda: (START + dt.timedelta(days=chance.randint(0, 100))).date().isoformat(),
        "timestamp": lambda: _moment(col, n, chance),
    }
    return makers[col.logical_type]()


def _text(col: Col, n: int, chance: random.Random) -> str | None:
    if not col.name.endswith("_id"):
        return f"{col.name.replace('_', ' ').capitalize()} {n + 1}"
    if "r" not in col.marks and chance.random() < 0.7:
        return None
    many = {"customer_id": CUSTOMERS, "article_id": ARTICLES, "store_id": SHOPS}
    return _id(col.name, chance.randrange(many.get(col.name, ROWS)))


def _number(col: Col, chance: random.Random) -> float:
    if col.name in SHARES:
        return round(chance.betavariate(2, 5), 3)
    low, high = RANGES.get(col.name, (1, 90))
    return round(chance.uniform(low, high), 2)


def _moment(col: Col, n: int, chance: random.Random) -> str | None:
    if "r" not in col.marks and n >= ROWS - 40:
        return None  # not yet
    after = {"changed_at": 50, "delivered_at": 3_000, "shipped_at": 600}.get(col.name, 20)
    minutes = 370 * n + chance.randint(after // 2, after)
    return (START + dt.timedelta(minutes=minutes)).isoformat()
