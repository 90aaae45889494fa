"""Why data is stale: the nearest late sources."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.quality.lateness import nearest_late

# a machine that does other things too is no failure
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NODES = st.integers(min_value=0, max_value=9)
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=4))
LATE = st.sets(NODES)
HOPS = st.integers(min_value=1, max_value=6)


def ways(graph, late, start, hops):
    """Every late node by its shortest way that has no late node within, found the plain way."""
    found = {}
    seen = {start}
    step = {start}
    for distance in range(1, hops + 1):
        step = {source for node in step for source in graph.get(node, ())} - seen
        seen |= step
        found |= dict.fromkeys(step & late, distance)
        step -= late
    return found


@CALM
@given(GRAPHS, LATE, NODES, HOPS)
def test_it_finds_what_a_walk_by_sets_finds(graph, late, root, hops):
    assert nearest_late(root, graph, late, max_hops=hops) == ways(graph, late, root, hops)


@CALM
@given(GRAPHS, LATE, NODES, HOPS)
def test_only_late_nodes_are_named_and_never_the_product_itself(graph, late, root, hops):
    found = nearest_late(root, graph, late, max_hops=hops)

    assert set(found) <= late - {root}
    assert all(1 <= distance <= hops for distance in found.values())
    assert list(found.values()) == sorted(found.values())


@CALM
@given(GRAPHS, LATE, NODES, HOPS)
def test_looking_farther_only_adds(graph, late, root, hops):
    near = nearest_late(root, graph, late, max_hops=hops)
    far = nearest_late(root, graph, late, max_hops=hops + 1)

    assert near.items() <= far.items()


@CALM
@given(GRAPHS, NODES, HOPS)
def test_nothing_late_is_no_reason(graph, root, hops):
    assert nearest_late(root, graph, (), max_hops=hops) == {}


@CALM
@given(GRAPHS, LATE, NODES, HOPS)
def test_whether_the_product_itself_is_late_does_not_matter(graph, late, root, hops):
    with_it = nearest_late(root, graph, late | {root}, max_hops=hops)

    assert with_it == nearest_late(root, graph, late - {root}, max_hops=hops)


def test_what_lies_behind_a_late_source_is_that_sources_reason():
    graph = {"c": ["b"], "b": ["a"]}

    assert nearest_late("c", graph, {"a", "b"}, max_hops=5) == {"b": 1}
    assert nearest_late("b", graph, {"a", "b"}, max_hops=5) == {"a": 1}
    assert nearest_late("c", graph, {"a"}, max_hops=5) == {"a": 2}
