"""The committed descriptions of both interfaces are what the code says."""

import pytest
from django.core.management import call_command
from graphql import GraphQLList, GraphQLNonNull, get_named_type, is_object_type

from portal.graphql.schema import schema

FIXED = {  # small sets that are always whole
    "Viewer.teams",
    "DataProduct.ownership",
    "DataProduct.links",  # 20 at most
    "Query.classifications",
    "Query.targetKinds",
    "Resource.drift",  # what one look found
    "ContractReaders.readers",  # bounded by `first` of the field that leads to it
    "Quality.dimensions",
    "Quality.explanation",  # 21 at most
    "MetadataCompleteness.aspects",  # ten
    "DimensionWeights.weights",  # seven
    "Staleness.causes",  # the three nearest
    "Operation.steps",
    "Request.approvals",  # stages, sides and rounds are limited
    "DecisionRuleVersion.stages",  # 5 at most, of 5 sides each
    "DecisionStage.sides",
    "NarrowedObject.conditions",  # 20 at most
    "LineageGraph.nodes",  # bounded by `first` of `lineage`
    "LineageGraph.edges",
    "LineageImpact.products",  # these by `first` of the field that leads to them
    "LineagePath.nodes",
    "LineagePath.edges",
    "LineageSources.nodes",
    "LineageReached.consumers",
    "LineageCycles.cycles",
}


@pytest.mark.django_db
def test_the_committed_schemas_are_fresh():
    call_command("schemas", "--check")


def test_every_list_of_objects_is_bounded():
    unbounded = set()
    for name, kind in schema.graphql_schema.type_map.items():
        if not is_object_type(kind) or name.startswith("__"):
            continue
        if name.endswith(("Connection", "Payload")):
            continue  # bounded by `first` of the field that leads there; problems are few
        for field_name, field in kind.fields.items():
            inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            is_list = isinstance(inner, GraphQLList) and is_object_type(get_named_type(inner))
            if is_list and not {"first", "days"} & set(field.args):
                unbounded.add(f"{name}.{field_name}")

    assert unbounded == FIXED


def test_everything_says_what_it_is():
    """A stranger reads what each type, field, argument and value means."""
    silent = []
    for name, kind in schema.graphql_schema.type_map.items():
        if name.startswith("__"):
            continue
        silent += [name] if not kind.description else []
        members = getattr(kind, "fields", None) or getattr(kind, "values", {})
        for key, member in members.items():
            silent += [f"{name}.{key}"] if not member.description else []
            arguments = getattr(member, "args", {}).items()
            silent += [
                f"{name}.{key}({each})" for each, given in arguments if not given.description
            ]

    assert silent == []


def test_every_connection_takes_first_and_after():
    for name, kind in schema.graphql_schema.type_map.items():
        if is_object_type(kind) and not name.startswith("__"):
            for field_name, field in kind.fields.items():
                if f"{name}.{field_name}" == "SearchAnswer.hits":
                    continue  # its page is asked for with the text
                if get_named_type(field.type).name.endswith("Connection"):
                    assert {"first", "after"} <= set(field.args), f"{name}.{field_name}"
