"""The reference: lineage questions answered in the plainest way, one node after another."""

from collections import defaultdict, deque


def reach(edges, roots, direction, depth=None, closed=()):
    """`{node: hops}` within `depth` hops; roots at 0."""
    following = defaultdict(set)
    for source, target in edges:
        near, far = (target, source) if direction == "upstream" else (source, target)
        following[near].add(far)
    found = {root: 0 for root in roots if root not in closed}
    queue = deque(found)
    while queue:
        node = queue.popleft()
        if depth is not None and found[node] == depth:
            continue
        for other in following[node]:
            if other not in found and other not in closed:
                found[other] = found[node] + 1
                queue.append(other)
    return found


def cycles(edges, closed=()):
    """Sets of two and more nodes that reach one another."""
    edges = [edge for edge in edges if not set(edge) & set(closed)]
    nodes = {end for edge in edges for end in edge}
    ahead = {node: set(reach(edges, [node], "downstream")) for node in nodes}
    sets = {frozenset(n for n in ahead[node] if node in ahead[n]) for node in nodes}
    return {each for each in sets if len(each) > 1}
