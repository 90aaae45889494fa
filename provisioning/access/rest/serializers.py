"""The shapes of access in REST; they describe, services decide."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from provisioning.access.models import Grant
from provisioning.access.selectors import consumer_of
from provisioning.access.states import AccessMode, GrantState, LegalBasis


class AccessRequestInput(serializers.Serializer[Any]):
    """Body of POST access-requests."""

    port = serializers.CharField(help_text="fqn of an output port")
    consumer = serializers.CharField(help_text="team:<slug>, user:<name> or product:<fqn>")
    purpose = serializers.CharField(help_text="10 to 2,000 characters")
    until = serializers.DateField(help_text="last day of access, UTC; at most 366 days ahead")
    mode = serializers.ChoiceField(
        choices=AccessMode.choices,
        required=False,
        default=AccessMode.READ,
        help_text="write, where the port takes writes; it includes reading",
    )
    legal_basis = serializers.ChoiceField(
        choices=LegalBasis.choices, required=False, help_text="where the class of the port needs it"
    )
    narrow = serializers.JSONField(
        required=False,
        help_text="less than everything: {object: {columns: [name], rows: [{column, operator,"
        " values}]}}",
    )
    identity = serializers.CharField(
        required=False, help_text="what the reader is called in the target, where the port asks"
    )


class AccessRequestAnswer(serializers.Serializer[Any]):
    """Answer of POST access-requests; the request itself is at `Location`."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.CharField()
    waiting_for = serializers.CharField(allow_null=True)
    operation = serializers.UUIDField(allow_null=True)
    grant = serializers.UUIDField(allow_null=True)
    product = serializers.CharField()


class GrantAnswer(serializers.Serializer[Any]):
    """One grant."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=GrantState.choices)
    port = serializers.CharField()
    product = serializers.CharField()
    consumer = serializers.CharField()
    mode = serializers.ChoiceField(choices=AccessMode.choices)
    purpose = serializers.CharField()
    legal_basis = serializers.CharField()
    narrow = serializers.JSONField()
    identity = serializers.CharField()
    request = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    until = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField()
    removed_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()


class GrantPage(serializers.Serializer[Any]):
    """A keyset page of grants."""

    results = GrantAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class WritesInput(serializers.Serializer[Any]):
    """Body of POST port-writes."""

    port = serializers.CharField(help_text="fqn of an output port of the caller's team")
    offered = serializers.BooleanField(help_text="whether others may ask to write into it")


class WritesAnswer(serializers.Serializer[Any]):
    """Whether a port takes writes."""

    port = serializers.CharField()
    takes_writes = serializers.BooleanField()


class ExtendInput(serializers.Serializer[Any]):
    """Body of POST grants/{id}/extend."""

    until = serializers.DateField(help_text="the new last day, UTC; later than the present one")
    purpose = serializers.CharField(
        required=False, help_text="10 to 2,000 characters; else the grant's own"
    )


class RevokeInput(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True)


class CredentialInput(serializers.Serializer[Any]):
    renew = serializers.BooleanField(
        required=False, help_text="have a new password made instead of asking for the present one"
    )


class CredentialAnswer(serializers.Serializer[Any]):
    """A login, shown once; "" for what the target did not tell."""

    username = serializers.CharField()
    password = serializers.CharField()
    dsn = serializers.CharField()
    given = serializers.DictField(required=False, help_text="all that a service broker told")
    expires_at = serializers.DateTimeField()


class OperationStarted(serializers.Serializer[Any]):
    """A login is being made; follow the operation at `Location`, then post again."""

    operation = serializers.UUIDField()


def grant_as_json(grant: Grant) -> dict[str, Any]:
    """A row of `Grant.objects.for_lists()` in the public form."""
    return {
        "id": str(grant.pk),
        "state": grant.state,
        "port": grant.port.fqn,
        "product": grant.port.product.fqn,
        "consumer": consumer_of(grant).text,
        "mode": grant.mode,
        "purpose": grant.purpose,
        "legal_basis": grant.legal_basis,
        "narrow": grant.narrow,
        "identity": grant.identity,
        "request": str(grant.request_id),
        "starts_at": grant.starts_at.isoformat(),
        "until": grant.until.isoformat(),
        "ended_at": grant.ended_at and grant.ended_at.isoformat(),
        "end_reason": grant.end_reason,
        "removed_at": grant.removed_at and grant.removed_at.isoformat(),
        "url": reverse("access:grant", kwargs={"pk": grant.pk}),
    }
