"""The public forms of operations and resources (INTERFACE §4)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from provisioning.jobs.models import Effect, Instance, Operation, OperationLog, OperationStep
from provisioning.jobs.selectors import OperationView
from provisioning.jobs.states import OperationKind, OperationState


class StepSerializer(serializers.ModelSerializer[OperationStep]):
    class Meta:
        model = OperationStep
        fields = [
            *("n", "direction", "name", "state", "summary", "pending_since", "started_at"),
            "finished_at",
        ]
        read_only_fields = fields


class LogLineSerializer(serializers.ModelSerializer[OperationLog]):
    class Meta:
        model = OperationLog
        fields = ["id", "at", "level", "source", "text", "state"]
        read_only_fields = fields


class OperationSerializer(serializers.Serializer[OperationView]):
    """Read model of `GET operations/{id}`; its source is an `OperationView`."""

    id = serializers.UUIDField(source="operation.pk")
    kind = serializers.ChoiceField(OperationKind.choices, source="operation.kind")
    title = serializers.CharField(source="operation.title")
    state = serializers.ChoiceField(OperationState.choices, source="operation.state")
    instance = serializers.UUIDField(  # type: ignore[assignment]
        source="operation.instance_id", allow_null=True
    )
    actor = serializers.CharField(source="operation.actor_name")
    attempt = serializers.IntegerField(source="operation.attempt")
    cancel_requested = serializers.SerializerMethodField()
    needs_operator = serializers.BooleanField(
        source="operation.needs_operator",
        help_text="it goes on trying to undo, and people should look at it",
    )
    failure = serializers.SerializerMethodField()
    result = serializers.JSONField(source="operation.result")
    created_at = serializers.DateTimeField(source="operation.created_at")
    started_at = serializers.DateTimeField(source="operation.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="operation.finished_at", allow_null=True)
    deadline_at = serializers.DateTimeField(source="operation.deadline_at")
    next_try_at = serializers.DateTimeField(allow_null=True)
    steps = StepSerializer(many=True)
    log = LogLineSerializer(many=True, source="lines")
    next_after = serializers.IntegerField(help_text="`after=` of the next call")

    def get_cancel_requested(self, view: OperationView) -> bool:
        return view.operation.cancel_requested_at is not None

    def get_failure(self, view: OperationView) -> dict[str, str] | None:
        """Why it failed, waits or is undone."""
        if not view.operation.error_text:
            return None
        return {"code": view.operation.error_code, "text": view.operation.error_text}


class OperationRowSerializer(serializers.ModelSerializer[Operation]):
    """An operation in a list; `GET operations/{id}` has its steps and log."""

    actor = serializers.CharField(source="actor_name")
    needs_operator = serializers.BooleanField()

    class Meta:
        model = Operation
        fields = [
            *("id", "kind", "title", "state", "instance", "actor", "attempt", "needs_operator"),
            *("error_code", "created_at", "started_at", "finished_at"),
        ]
        read_only_fields = fields


class OperationPageSerializer(serializers.Serializer[dict[str, Any]]):
    results = OperationRowSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(required=False, help_text="with `count=true`; 5,000 at most")
    count_capped = serializers.BooleanField(required=False)


class AbandonSerializer(serializers.Serializer[dict[str, str]]):
    """Why an undoing is given up."""

    reason = serializers.CharField(
        allow_blank=True, help_text="who takes care of what is left, and how; 500 characters"
    )


class EffectSerializer(serializers.ModelSerializer[Effect]):
    class Meta:
        model = Effect
        fields = ["driver", "kind", "name", "made_at"]
        read_only_fields = fields


class DriftSerializer(serializers.Serializer[dict[str, Any]]):
    """One thing that differs in the target: missing, changed, extra (still there), or unknown."""

    what = serializers.ChoiceField(["missing", "changed", "extra", "unknown"])
    kind = serializers.CharField()
    name = serializers.CharField()


class ResourceSerializer(serializers.ModelSerializer[Instance]):
    """Read model of `GET resources`: an instance with the effects that are there."""

    owner = serializers.CharField(source="owner.slug")
    domain = serializers.CharField(source="domain.path")
    effects = EffectSerializer(source="present_effects", many=True)
    drift = DriftSerializer(many=True)

    class Meta:
        model = Instance
        fields = [
            "id",
            "kind",
            "name",
            "plan",
            "owner",
            "domain",
            "observed_state",
            "generation",
            "observed_generation",
            "created_at",
            "looked_at",
            "drift",
            "effects",
        ]
        read_only_fields = fields


class ResourcePageSerializer(serializers.Serializer[Any]):
    results = ResourceSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(required=False, help_text="with `count=true`; 5,000 at most")
    count_capped = serializers.BooleanField(required=False)
