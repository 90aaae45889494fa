"""What the back-test of a rule found."""

from __future__ import annotations

from typing import Any

import graphene

from core.graphql import Row, RowsType, one, one_row, rows_of
from provisioning.requests.graphql.batches import requests_by_id
from provisioning.requests.graphql.types import Request
from provisioning.requests.selectors.back_testing import BackTest


class DecisionDifference(RowsType):
    """A request that the rule would have decided otherwise than people did."""

    request = one(Request, requests_by_id, key="request_id", description="Which one.")
    by_people = graphene.String(required=True, description="approved or rejected.")
    by_rule = graphene.String(required=True, description="What the rule says to it, in words.")


class DecisionRuleTest(RowsType):
    """What a rule would have made of the last requests that people decided, at most 60."""

    asked = graphene.Int(required=True, description="Requests that it was tried on.")
    approved = graphene.Int(required=True, description="It would have approved.")
    left = graphene.Int(required=True, description="It holds, and asks people.")
    passed_by = graphene.Int(required=True, description="It does not hold; another rule decides.")
    undecided = graphene.Int(required=True, description="It could not be evaluated.")
    too_long = graphene.Int(required=True, description="For more days than it allows.")
    words = graphene.String(required=True, description="The result in a sentence.")
    differing = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(DecisionDifference))),
        description="Requests that people decided otherwise, newest first.",
        first=graphene.Int(required=True, default_value=20, description="At most, 1 to 200."),
    )

    @staticmethod
    def resolve_differing(row: Row, info: Any, first: int) -> list[Row]:
        found: list[Row] = row.values["differing"]
        return found[:first]


def tried_row(found: BackTest) -> Row | None:
    """The result as a row."""
    differing = [
        {"request_id": each.request.pk, "by_people": each.by_people, "by_rule": each.by_rule}
        for each in found.differing
    ]
    return one_row({**vars(found), "words": found.words, "differing": rows_of(differing)})
