"""One change, and how fields and lists are compared; nothing here knows ODCS."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from core.problems import escape_token, shown

Level = Literal["breaking", "compatible", "cosmetic"]
Direction = Literal["consumer", "producer", "both", "none"]

LEVELS: tuple[Level, ...] = ("breaking", "compatible", "cosmetic")  # the worst first


@dataclass(frozen=True)
class Change:
    """One difference. `pointer` is in the newer document, of what was removed in the older one."""

    level: Level
    direction: Direction  # who is hit
    code: str  # stable slug
    path: str  # for people: `orders.order_id`
    pointer: str
    before: Any  # None: absent
    after: Any
    message: str

    @property
    def breaks_consumers(self) -> bool:
        return self.level == "breaking" and self.direction in {"consumer", "both"}

    def as_dict(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "direction": self.direction,
            "code": self.code,
            "path": self.path,
            "pointer": self.pointer,
            "before": self.before,
            "after": self.after,
            "message": self.message,
        }


@dataclass(frozen=True)
class Weight:
    """How much a change matters, and to whom."""

    level: Level
    direction: Direction = "none"


BREAKS_CONSUMER = Weight("breaking", "consumer")
BREAKS_PRODUCER = Weight("breaking", "producer")
BREAKS_BOTH = Weight("breaking", "both")
NOTE_CONSUMER = Weight("compatible", "consumer")
NOTE_PRODUCER = Weight("compatible", "producer")
NOTE_BOTH = Weight("compatible", "both")
COMPATIBLE = Weight("compatible")
COSMETIC = Weight("cosmetic")


@dataclass(frozen=True)
class Spot:
    """A place in both documents."""

    path: str
    old: str  # pointer in the older document
    new: str

    def field(self, name: str) -> Spot:
        step = f"/{escape_token(name)}"
        return Spot(self.path, self.old + step, self.new + step)

    def at(self, path: str, old: int, new: int) -> Spot:
        return Spot(path, f"{self.old}/{old}", f"{self.new}/{new}")

    def change(self, weight: Weight, code: str, old: Any, new: Any, message: str) -> Change:
        """`{path}`, `{field}`, `{old}` and `{new}` of the message are filled in."""
        pointer = self.old if new is None else self.new
        text = message.format(
            path=self.path or "The contract",
            field=pointer.rpartition("/")[2],
            old=plain(old),
            new=plain(new),
        )
        return Change(weight.level, weight.direction, code, self.path, pointer, old, new, text)


Rule = Callable[[Spot, Any, Any], Iterator[Change]]
Rules = Mapping[str, Rule]
Key = Callable[[Any], Hashable]
_ABSENT = object()


def told(weight: Weight, code: str, message: str) -> Rule:
    """A rule that says the same of every difference."""

    def rule(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        yield spot.change(weight, code, old, new, message)

    return rule


def compare_fields(spot: Spot, old: Any, new: Any, rules: Rules, default: Rule) -> Iterator[Change]:
    """Every field that differs by its rule; where the rule finds nothing, it is told as rewritten.

    So no difference stays unsaid, whatever the rules know.
    """
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if same(before, after):
            continue
        before, after = (None if each is _ABSENT else each for each in (before, after))
        place = spot.field(name)
        found = list(rules.get(name, default)(place, before, after))
        yield from found or rewritten(place, before, after)


def rewritten(spot: Spot, old: Any, new: Any) -> Iterator[Change]:
    """Other letters or another order, the same meaning."""
    message = "{path}: `{field}` is written differently and means the same."
    yield spot.change(COSMETIC, "written-differently", old, new, message)


def same(old: Any, new: Any) -> bool:
    """Equal in JSON: 1, 1.0 and true are three things, the order of keys is none."""
    if old is new:
        return True
    if old is _ABSENT or new is _ABSENT:
        return False
    if isinstance(old, dict | list) and isinstance(new, dict | list):
        return canonical(old) == canonical(new)
    return type(old) is type(new) and bool(old == new)


def canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def plain(value: Any) -> str:
    """A value as it may stand in a sentence."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "nothing"
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return shown(", ".join(map(plain, value)) or "nothing")
    if isinstance(value, dict | list):
        return shown(orjson.dumps(value).decode())
    return shown(value)


def literal(text: str) -> str:
    """Text of a document inside a message that is still to be filled in."""
    return text.replace("{", "{{").replace("}", "}}")


@dataclass(frozen=True)
class Pairs:
    """Entries of two lists that are the same thing, and those on one side only, by position."""

    kept: Sequence[tuple[int, int]]
    removed: Sequence[int]
    added: Sequence[int]

    @property
    def is_reordered(self) -> bool:
        return [new for _, new in self.kept] != sorted(new for _, new in self.kept)


def align(old: Sequence[Any], new: Sequence[Any], keys: Sequence[Key]) -> Pairs:
    """Pair entries by the first key that fits, each key among what is left over.

    Of several with one key the first goes with the first. A key of None fits nothing.
    """
    kept: list[tuple[int, int]] = []
    left, right = list(range(len(old))), list(range(len(new)))
    for key in keys:
        places: dict[Hashable, list[int]] = {}
        for at in right:
            places.setdefault(_key_of(key, new[at]), []).append(at)
        waiting = []
        for at in left:
            value = _key_of(key, old[at])
            if value is not None and places.get(value):
                kept.append((at, places[value].pop(0)))
            else:
                waiting.append(at)
        taken = {at for _, at in kept}
        left, right = waiting, [at for at in right if at not in taken]
    return Pairs(sorted(kept), left, right)


def _key_of(key: Key, entry: Any) -> Hashable:
    found = key(entry) if isinstance(entry, dict) else None
    return found if found is None or isinstance(found, Hashable) else canonical(found)


def whole(entry: Any) -> Hashable:
    """A key: the entry as it is."""
    return canonical(entry)


def by(*names: str) -> Key:
    """A key: what stands in these fields, all of them given."""

    def key(entry: Any) -> Hashable:
        values = [entry.get(name) for name in names]
        return None if None in values else canonical(values)

    return key


@dataclass(frozen=True)
class Entries:
    """How the entries of one kind of list are compared.

    `added` and `removed` weigh an entry; `inside` compares two that are the same thing.
    """

    noun: str  # also the stem of the codes
    keys: tuple[Key, ...]
    path: Callable[[str, Any], str]
    added: Callable[[Any], Weight]
    removed: Callable[[Any], Weight]
    inside: Rule
    order: Weight = COSMETIC

    def rule(self, spot: Spot, old: Any, new: Any) -> Iterator[Change]:
        """Compare two lists; anything but lists of mappings is compared as one value."""
        before, after = old or [], new or []
        if not (_is_list(before) and _is_list(after)):
            yield from told(COMPATIBLE, f"{self.stem}s-changed", "{path}: `{field}` changed.")(
                spot, old, new
            )
            return
        pairs = align(before, after, self.keys)
        for at in pairs.removed:
            yield self._alone(spot, before[at], at, gone=True)
        for at, now in pairs.kept:
            place = spot.at(self.path(spot.path, after[now]), at, now)
            yield from self.inside(place, before[at], after[now])
        for at in pairs.added:
            yield self._alone(spot, after[at], at, gone=False)
        if pairs.is_reordered:
            names = [[self.path("", each) for each in side] for side in (before, after)]
            message = f"{{path}}: the {self.noun}s stand in another order."
            yield spot.change(self.order, f"{self.stem}s-reordered", names[0], names[1], message)

    def _alone(self, spot: Spot, entry: Any, at: int, *, gone: bool) -> Change:
        place = spot.at(self.path(spot.path, entry), at, at)
        if gone:
            message = f"{self.noun.capitalize()} removed: {{path}}."
            return place.change(self.removed(entry), f"{self.stem}-removed", entry, None, message)
        message = f"{self.noun.capitalize()} added: {{path}}."
        return place.change(self.added(entry), f"{self.stem}-added", None, entry, message)

    @property
    def stem(self) -> str:
        return self.noun.replace(" ", "-")


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
