"""An order in which everything comes after what it needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping


class Circle(ValueError):
    """Some of them need each other; `names` are those that have no place."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def ordered(needs: Mapping[str, Collection[str]]) -> list[str]:
    """The keys, each after what it needs; otherwise in the order given.

    Args:
        needs: `{name: names that must come before}`; names that are no keys are not looked at.

    Raises:
        Circle: there is no such order.
    """
    left = {name: set(before) & set(needs) for name, before in needs.items()}
    found: list[str] = []
    while left:
        ready = next((name for name, before in left.items() if before <= set(found)), None)
        if ready is None:
            raise Circle(list(left))
        found.append(ready)
        del left[ready]
    return found
