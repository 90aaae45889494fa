"""Why data is stale: the nearest late sources upstream. Plain data in, plain data out."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

N = TypeVar("N", bound=Hashable)


def nearest_late(
    root: N, sources: Mapping[N, Collection[N]], late: Collection[N], *, max_hops: int
) -> dict[N, int]:
    """The late nodes from which a way without another late node leads to `root`.

    Args:
        sources: what each node reads from; cycles and unknown nodes are allowed.
        late: nodes that are late themselves; whether `root` is one does not matter.
        max_hops: how far upstream is looked, >= 1.

    Returns:
        `{node: hops}`, the nearest first; never `root`.

    Cost: O(nodes + edges) within `max_hops`.
    """
    hops = {root: 0}
    found: dict[N, int] = {}
    frontier = [root]
    for distance in range(1, max_hops + 1):
        following = []
        for node in frontier:
            for source in sources.get(node, ()):
                if source in hops:
                    continue
                hops[source] = distance
                if source in late:
                    found[source] = distance
                else:
                    following.append(source)
        frontier = following
    return found
