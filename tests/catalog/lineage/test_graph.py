"""The arithmetic of graphs against the naive reference, on random graphs with cycles and hubs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.lineage import graph
from tests.catalog.lineage import naive

SIZE = 24
NODES = st.integers(0, SIZE - 1)
HUBS = st.sampled_from([0, 1])


@st.composite
def edges(draw):
    """Some edges at random, so that there are cycles; and many of two hubs."""
    pairs = st.tuples(NODES, NODES)
    hub_pairs = st.tuples(HUBS, NODES) | st.tuples(NODES, HUBS)
    drawn = draw(st.lists(pairs, max_size=40)) + draw(st.lists(hub_pairs, max_size=40))
    return sorted({(source, target) for source, target in drawn if source != target})


def made(pairs):
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return graph.adjacency_of(ends[:, 0], ends[:, 1], SIZE)


def as_dict(found):
    return dict(zip(found.nodes.tolist(), found.distances.tolist(), strict=True))


QUESTIONS = {
    "pairs": edges(),
    "roots": st.sets(NODES, min_size=1, max_size=3),
    "direction": st.sampled_from(["upstream", "downstream"]),
    "depth": st.none() | st.integers(0, 6),
    "closed": st.sets(NODES, max_size=6),
}


def masked(closed):
    mask = np.zeros(SIZE, dtype=bool)
    mask[sorted(closed)] = True
    return mask


@given(**QUESTIONS)
@settings(deadline=None)
def test_reach_is_that_of_the_reference(pairs, roots, direction, depth, closed):
    roots = roots - closed

    found = graph.reach(made(pairs), sorted(roots), direction, depth=depth, closed=masked(closed))

    assert as_dict(found) == naive.reach(pairs, roots, direction, depth, closed)
    assert found.distances.tolist() == sorted(found.distances.tolist())


@given(
    before=edges(), after=edges(), root=NODES, direction=st.sampled_from(["upstream", "downstream"])
)
@settings(deadline=None)
def test_a_patched_graph_is_the_graph_after(before, after, root, direction):
    touched = [(*pair, pair in after) for pair in sorted({*before, *after})]

    changed = graph.patched(made(before), SIZE + 2, [*touched, (root, SIZE + 1, True)])
    found = graph.reach(changed, [root], direction)

    assert as_dict(found) == naive.reach([*after, (root, SIZE + 1)], [root], direction)
    ways = [changed.out.counts().tolist(), changed.into.counts().tolist()]
    assert [sum(each) for each in ways] == [len(after) + 1] * 2


@given(pairs=edges(), start=NODES, end=NODES, closed=st.sets(NODES, max_size=4))
@settings(deadline=None)
def test_a_path_is_one_of_the_shortest(pairs, start, end, closed):
    closed = closed - {start}

    way = graph.path(made(pairs), [start], [end], masked(closed))

    distances = naive.reach(pairs, [start], "downstream", None, closed)
    assert len(way) == (distances[end] + 1 if end in distances else 0)
    assert {*itertools.pairwise(way)} <= {*pairs}
    assert not way or (way[0], way[-1]) == (start, end)


@given(pairs=edges(), closed=st.sets(NODES, max_size=4))
@settings(deadline=None)
def test_cycles_are_those_of_the_reference(pairs, closed):
    found = graph.cycles(made(pairs), masked(closed))

    assert {frozenset(each) for each in found} == naive.cycles(pairs, closed)
    assert len(found) == len(naive.cycles(pairs, closed))


@pytest.mark.parametrize("roots", [[], [3]])
def test_an_empty_graph_reaches_its_roots(roots):
    assert as_dict(graph.reach(made([]), roots, "downstream")) == dict.fromkeys(roots, 0)
