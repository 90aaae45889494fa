"""What is an incident of a product, and how a domain weighs dimensions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import graphene

from accounts.actors import Actor
from accounts.models import Domain
from catalog.products.models import DataProduct
from catalog.quality import services
from catalog.quality.graphql.types import QualityDimension
from catalog.quality.models.incidents import MAX_HOPS
from catalog.quality.selectors.settings import settings_of
from catalog.quality.selectors.weights import DomainWeights, weights_of_domains
from catalog.quality.services import SettingsData
from core.errors import Invalid
from core.graphql import Row, RowsType, extend, one, one_row, rows_of
from core.graphql.mutations import attempt_on, payload
from core.problems import Problem

HOPS = f"How many steps downstream an incident is shown, 0 to {MAX_HOPS}."
THRESHOLD = "A score below it is an incident, percent; null: none is."
PROMISES = "Whether data that is later than promised is an incident."
ANOMALIES = "Whether an unusual number of rows, or unusually old data, is one."
Values = dict[str, Any]


class QualitySettings(RowsType):
    """What is an incident of a product, and how far it is shown."""

    score_threshold = graphene.Float(description=THRESHOLD)
    downstream_hops = graphene.Int(required=True, description=HOPS)
    watches_promises = graphene.Boolean(required=True, description=PROMISES)
    watches_anomalies = graphene.Boolean(required=True, description=ANOMALIES)


class DimensionWeight(RowsType):
    """How much a dimension counts."""

    dimension = QualityDimension(required=True, description="Which.")
    weight = graphene.Float(required=True, description="Relative to the others; 0: not at all.")


class DimensionWeights(RowsType):
    """How much the dimensions count in a domain."""

    weights = graphene.List(
        graphene.NonNull(DimensionWeight), required=True, description="Of all seven."
    )
    source = graphene.String(
        description="Path of the domain that says so; null: each counts the same."
    )

    @staticmethod
    def resolve_weights(row: Row, info: Any) -> list[Row]:
        return rows_of(row.values["weights"])


class DimensionWeightInput(graphene.InputObjectType):
    """How much a dimension shall count."""

    dimension = QualityDimension(required=True, description="Which.")
    weight = graphene.Float(required=True, description="0 to 100, relative to the others.")


def settings_by_product(actor: Actor, ids: Collection[UUID]) -> dict[Any, Values]:
    """Of products that were seen before. One SQL statement."""
    return {pk: {"id": pk, **values} for pk, values in settings_of(ids).items()}


def weights_by_domain(actor: Actor, ids: Collection[int]) -> dict[Any, Values]:
    """What holds in each domain. Two SQL statements."""
    paths = dict(Domain.objects.filter(pk__in=ids).values_list("pk", "path"))
    known = weights_of_domains(set(paths.values()))
    return {pk: _values(known[path]) for pk, path in paths.items()}


def _values(known: DomainWeights) -> Values:
    weights = [{"dimension": name, "weight": weight} for name, weight in known.weights.items()]
    return {"weights": weights, "source": known.source or None}


ConfigureQuality = payload("ConfigureQualityPayload", "settings", QualitySettings)
WeighDimensions = payload("WeighDimensionsPayload", "weights", DimensionWeights)


class Mutation(graphene.ObjectType):
    configure_quality = graphene.Field(
        ConfigureQuality,
        required=True,
        description="Say what is an incident of a product; what is left out stays.",
        product=graphene.String(required=True, description="fqn"),
        score_threshold=graphene.Float(description=THRESHOLD),
        downstream_hops=graphene.Int(description=HOPS),
        watches_promises=graphene.Boolean(description=PROMISES),
        watches_anomalies=graphene.Boolean(description=ANOMALIES),
    )
    weigh_dimensions = graphene.Field(
        WeighDimensions,
        required=True,
        description="Say how much dimensions count in a domain and in those below that say "
        "nothing; the scores follow in the background.",
        domain=graphene.String(required=True, description="Its path."),
        weights=graphene.List(
            graphene.NonNull(DimensionWeightInput),
            required=True,
            description="What is left out counts 1; none at all: the domain above decides.",
        ),
    )

    @staticmethod
    def resolve_configure_quality(
        root: None, info: Any, product: str, **given: Any
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(found: DataProduct) -> Row | None:
            kept = settings_of([found.pk])[found.pk]
            said = {
                name: value
                for name, value in given.items()
                if value is not None or name == "score_threshold"
            }
            services.configure_quality(SettingsData(**{**kept, **said}), product=found, actor=actor)
            return one_row(settings_of([found.pk])[found.pk])

        visible = DataProduct.objects.visible_to(actor).select_related("owner", "domain")
        return attempt_on("settings", visible.filter(fqn=product), verb)

    @staticmethod
    def resolve_weigh_dimensions(
        root: None, info: Any, domain: str, weights: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        given = {each["dimension"].value: each["weight"] for each in weights}

        def verb(found: Domain) -> Row | None:
            if len(given) < len(weights):
                problem = Problem("/weights", "duplicate", "Name each dimension once.")
                raise Invalid("The weights are not usable; nothing was changed.", [problem])
            made = services.set_weights(domain=found, weights=given, actor=actor)
            return one_row(_values(made))

        return attempt_on("weights", Domain.objects.filter(path=domain), verb)


def register() -> None:
    """Add settings to products and weights to domains."""
    extend(
        "DataProduct",
        "quality_settings",
        one(
            QualitySettings,
            settings_by_product,
            key="id",
            required=True,
            description="What is an incident of it, and how far it is shown.",
        ),
    )
    extend(
        "Domain",
        "quality_weights",
        one(
            DimensionWeights,
            weights_by_domain,
            key="id",
            required=True,
            description="How much the dimensions of quality count in it.",
        ),
    )
