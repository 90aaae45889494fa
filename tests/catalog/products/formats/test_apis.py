"""Operations read from OpenAPI and AsyncAPI documents."""

import pytest

from catalog.products.formats import asyncapi, openapi
from catalog.products.formats.apis import MAX_OPERATIONS


def operations(api):
    return [(each.verb, each.name, each.summary) for each in api.operations]


def test_openapi_lists_each_method_of_each_path_in_order():
    api = openapi.read(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "2.0.1"},
            "paths": {
                "/orders": {
                    "post": {"summary": "Place an order"},
                    "get": {"description": "All\norders"},
                    "parameters": [],
                },
                "/orders/{id}": {"$ref": "#/components/pathItems/order"},
            },
            "webhooks": {"paid": {"post": {"operationId": "onPaid"}}},
            "components": {"pathItems": {"order": {"get": {"summary": "One order"}}}},
        }
    )

    assert (api.title, api.version, api.problems) == ("Shop", "2.0.1", ())
    assert operations(api) == [
        ("GET", "/orders", "All orders"),
        ("POST", "/orders", "Place an order"),
        ("GET", "/orders/{id}", "One order"),
        ("POST", "paid", "onPaid"),
    ]


def test_asyncapi_3_says_what_the_system_sends_and_receives():
    api = asyncapi.read(
        {
            "asyncapi": "3.0.0",
            "channels": {"placed": {"address": "order.placed"}, "idle": {"address": None}},
            "operations": {
                "sendPlaced": {
                    "action": "send",
                    "channel": {"$ref": "#/channels/placed"},
                    "summary": "An order was placed",
                }
            },
        }
    )

    assert operations(api) == [
        ("SEND", "order.placed", "An order was placed"),
        ("CHANNEL", "idle", ""),
    ]


def test_asyncapi_2_is_turned_round_to_the_view_of_the_system():
    api = asyncapi.read(
        {
            "asyncapi": "2.6.0",
            "channels": {
                "order.placed": {"subscribe": {"message": {"$ref": "#/components/messages/a"}}},
                "order.cancel": {"publish": {"summary": "Cancel it"}},
            },
            "components": {"messages": {"a": {"title": "Order placed"}}},
        }
    )

    assert operations(api) == [
        ("SEND", "order.placed", "Order placed"),
        ("RECEIVE", "order.cancel", "Cancel it"),
    ]


@pytest.mark.parametrize(
    ("read", "data", "code"),
    [
        (openapi.read, [], "wrong-type"),
        (openapi.read, {}, "missing-field"),
        (openapi.read, {"openapi": "4.0.0", "paths": {}}, "version-not-supported"),
        (openapi.read, {"openapi": "3.0.0"}, "missing-field"),
        (openapi.read, {"openapi": "3.0.0", "paths": []}, "wrong-type"),
        (openapi.read, {"asyncapi": "3.0.0", "channels": {}}, "missing-field"),
        (asyncapi.read, "text", "wrong-type"),
        (asyncapi.read, {"openapi": "3.1.0"}, "missing-field"),
        (asyncapi.read, {"asyncapi": "1.2.0"}, "version-not-supported"),
        (asyncapi.read, {"asyncapi": "3.0.0", "operations": [1]}, "wrong-type"),
    ],
)
def test_what_is_no_such_document_is_refused_with_the_reason(read, data, code):
    api = read(data)

    assert [problem.code for problem in api.problems] == [code]
    assert api.operations == ()


@pytest.mark.parametrize(
    "item",
    [None, 1, [], {"get": None}, {"get": []}, {"$ref": "https://e.x/a"}, {"$ref": "#/paths/~1a"}],
)
def test_odd_parts_are_passed_over(item):
    assert openapi.read({"openapi": "3.1.0", "paths": {"/a": item}}).operations == ()
    assert asyncapi.read({"asyncapi": "3.0.0", "operations": {"a": None}}).operations == ()


def test_a_huge_document_is_cut_with_a_warning():
    paths = {f"/{at}": {"get": {}} for at in range(MAX_OPERATIONS + 1)}

    api = openapi.read({"openapi": "3.1.0", "paths": paths})

    assert len(api.operations) == MAX_OPERATIONS
    assert [problem.severity for problem in api.problems] == ["warning"]
