"""Laws of the diff that hold for any two documents."""

import copy
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.contracts.formats.odcs_diff import diff

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["", "a", "{b}", "1 d", "i64"])
)
NAMES = st.sampled_from(["a", "b", "c"])


def fields(**strategies):
    return st.fixed_dictionaries({}, optional=strategies)


RULES = st.lists(
    fields(
        name=NAMES,
        metric=NAMES,
        mustBe=VALUES,
        mustBeBetween=st.lists(st.integers(0, 5), min_size=2, max_size=2),
        severity=st.sampled_from(["error", "warning"]),
        customProperties=st.lists(fields(property=NAMES, value=VALUES), max_size=2),
    ),
    max_size=3,
)
LEAF = fields(
    id=NAMES,
    name=NAMES,
    physicalName=NAMES,
    logicalType=st.sampled_from(["integer", "number", "string"]),
    physicalType=st.sampled_from(["int", "varchar(5)", "VARCHAR(9)", "x("]),
    required=st.booleans(),
    primaryKey=st.booleans(),
    classification=NAMES,
    logicalTypeOptions=fields(
        maximum=st.integers(0, 3), format=st.sampled_from(["i8", "i64", "q"]), pattern=NAMES
    ),
    enum=st.lists(fields(value=VALUES, description=NAMES), max_size=3),
    quality=RULES,
    madeUp=VALUES,
)
PROPERTY = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda leaf, properties, items: {**leaf, "properties": properties, "items": items},
        LEAF,
        st.lists(inner, max_size=3),
        inner,
    ),
    max_leaves=6,
)
DOCUMENTS = fields(
    id=NAMES,
    version=NAMES,
    status=st.sampled_from(["active", "Active", "retired"]),
    tags=st.lists(NAMES, max_size=2),
    description=fields(purpose=NAMES, usage=NAMES),
    schema=st.lists(
        st.builds(
            lambda leaf, properties: {**leaf, "properties": properties},
            fields(id=NAMES, name=NAMES, physicalType=NAMES, quality=RULES),
            st.lists(PROPERTY, max_size=4),
        ),
        max_size=3,
    ),
    slaProperties=st.lists(
        fields(property=st.sampled_from(["latency", "a"]), value=VALUES, unit=NAMES), max_size=3
    ),
    servers=st.lists(fields(server=NAMES, host=VALUES, port=VALUES), max_size=3),
    team=st.one_of(fields(name=NAMES), st.lists(fields(username=NAMES), max_size=2)),
    price=fields(priceAmount=st.integers(0, 3)),
)


def leaves(node: Any, pointer: str = "") -> dict[str, Any]:
    if isinstance(node, dict) and node:
        steps = [(str(key), value) for key, value in node.items()]
    elif isinstance(node, list) and node:
        steps = [(str(at), value) for at, value in enumerate(node)]
    else:
        return {pointer: (type(node), node)}
    return {
        key: value
        for step, below in steps
        for key, value in leaves(below, f"{pointer}/{step}").items()
    }


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document):
    assert diff(document, copy.deepcopy(document)) == ()


@given(DOCUMENTS, DOCUMENTS)
def test_documents_without_a_change_are_equal(old, new):
    assert bool(diff(old, new)) == (leaves(old) != leaves(new))


@given(DOCUMENTS, st.data())
def test_every_leaf_that_differs_is_told(document, data):
    pointer = data.draw(st.sampled_from(sorted(leaves(document))))
    new, steps = copy.deepcopy(document), pointer.split("/")[1:]
    node: Any = new
    for step in steps[:-1]:
        node = node[int(step) if isinstance(node, list) else step]
    if not steps or isinstance(node, list):
        return  # an empty document, or a word of a list
    node[steps[-1]] = "another"

    told = [change.pointer for change in diff(document, new)]

    assert any(f"{pointer}/".startswith(f"{each}/") for each in told)


@given(DOCUMENTS, DOCUMENTS)
def test_what_one_way_adds_the_other_way_removes(old, new):
    def places(changes, ending):
        return Counter(
            (each.code.removesuffix(ending), each.pointer)
            for each in changes
            if each.code.endswith(ending)
            and each.code.startswith(("column", "object", "rule", "server", "service", "allowed"))
        )

    there, back = diff(old, new), diff(new, old)

    assert places(there, "-added") == places(back, "-removed")
    assert places(there, "-removed") == places(back, "-added")
