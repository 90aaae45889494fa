"""The committed descriptions of both interfaces are what the code says."""

import pytest
from django.core.management import call_command
from graphql import GraphQLList, GraphQLNonNull, get_named_type, is_object_type

from portal.graphql.schema import schema

DESCRIBED = (
    *("Approval", "Consent", "Decide", "Decision", "Delegat", "ExtensionState", "Grant"),
    *("NarrowedObject", "Problem", "Recertification", "Request", "Review", "RowCondition"),
    *("Silence", "StoryLine"),
)
FIXED = {  # small sets that are always whole
    "Viewer.teams",
    "DataProduct.ownership",
    "Quality.dimensions",
    "Quality.explanation",  # 21 at most
    "MetadataCompleteness.aspects",  # ten
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


def test_what_is_said_of_requests_access_and_campaigns_is_described():
    """A stranger reads what each type, field and value of these rooms means."""
    silent = set()
    for name, kind in schema.graphql_schema.type_map.items():
        if name.startswith(DESCRIBED):
            inner = getattr(kind, "fields", None) or getattr(kind, "values", {})
            silent |= {name} if not kind.description else set()
            silent |= {f"{name}.{each}" for each, found in inner.items() if not found.description}

    assert silent == set()


def test_every_connection_takes_first_and_after():
    for name, kind in schema.graphql_schema.type_map.items():
        if is_object_type(kind) and not name.startswith("__"):
            for field_name, field in kind.fields.items():
                if get_named_type(field.type).name.endswith("Connection"):
                    assert {"first", "after"} <= set(field.args), f"{name}.{field_name}"
