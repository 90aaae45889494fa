"""The shapes of access in REST; they describe, services decide."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from provisioning.access.formats.narrow import narrow_in_words
from provisioning.access.models import Grant, GrantExtension
from provisioning.access.selectors import consumer_of
from provisioning.access.states import AccessMode, ExtensionState, GrantState, LegalBasis


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


class SeveralInput(serializers.Serializer[Any]):
    """Body of POST access-requests/batch."""

    ports = serializers.ListField(
        child=serializers.CharField(), min_length=1, max_length=20, help_text="fqns of output ports"
    )
    consumer = serializers.CharField(help_text="team:<slug>, user:<name> or product:<fqn>")
    purpose = serializers.CharField(help_text="10 to 2,000 characters")
    until = serializers.DateField(help_text="last day of access, UTC; at most 366 days ahead")
    legal_basis = serializers.ChoiceField(
        choices=LegalBasis.choices, required=False, help_text="where the class of a port needs it"
    )
    mode = serializers.ChoiceField(
        choices=AccessMode.choices, required=False, help_text="read, if nothing is said"
    )
    identity = serializers.CharField(
        required=False, help_text="what the reader is called in the target, where a port asks"
    )


class AskedPort(serializers.Serializer[Any]):
    """What came of one port: the request, or why there is none."""

    port = serializers.CharField()
    request = AccessRequestAnswer(allow_null=True)
    problem = serializers.DictField(allow_null=True)


class SeveralAnswer(serializers.Serializer[Any]):
    """Answer of POST access-requests/batch."""

    results = AskedPort(many=True)


class AmendInput(serializers.Serializer[Any]):
    """Body of POST access-requests/{id}/amend; what is left out stays."""

    consumer = serializers.CharField(required=False)
    purpose = serializers.CharField(required=False)
    until = serializers.DateField(required=False)
    legal_basis = serializers.ChoiceField(choices=LegalBasis.choices, required=False)
    narrow = serializers.JSONField(required=False, help_text="`{}`: everything")
    mode = serializers.ChoiceField(choices=AccessMode.choices, required=False)
    identity = serializers.CharField(required=False)


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
    narrow_words = serializers.ListField(
        child=serializers.CharField(), help_text="the same in people's words"
    )
    identity = serializers.CharField()
    request = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    until = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(
        allow_null=True, help_text="when any login of it was last seen connected"
    )
    reminded_days = serializers.IntegerField(
        allow_null=True, help_text="so many days before the end its people were last told of it"
    )
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField()
    end_reason = serializers.CharField()
    removed_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()


class ExtensionAnswer(serializers.Serializer[Any]):
    """An agreed later end of a grant."""

    id = serializers.UUIDField()
    request = serializers.UUIDField()
    asked_at = serializers.DateTimeField()
    asked_by = serializers.CharField()
    before = serializers.DateTimeField(help_text="the end as it was")
    until = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=ExtensionState.choices)
    created_at = serializers.DateTimeField(help_text="when it was agreed")
    settled_at = serializers.DateTimeField(allow_null=True, help_text="in force, or failed, since")


class GrantDetailAnswer(GrantAnswer):
    """One grant, with its later ends."""

    extensions = ExtensionAnswer(many=True, help_text="newest first")
    extension_asked = serializers.UUIDField(
        allow_null=True, help_text="the request for more time that nobody has decided yet"
    )


class StoryLineAnswer(serializers.Serializer[Any]):
    """One thing that happened to a grant."""

    id = serializers.IntegerField(help_text="of the event in the audit log")
    at = serializers.DateTimeField()
    event = serializers.CharField(help_text="verb of the audit log")
    words = serializers.CharField()
    actor = serializers.CharField(help_text="empty: the portal by itself")
    note = serializers.CharField()
    url = serializers.CharField()


class StoryPage(serializers.Serializer[Any]):
    """A keyset page of a grant's story."""

    results = StoryLineAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class SampleOfObject(serializers.Serializer[Any]):
    """Some rows of one object; a value is null where it is missing or masked."""

    object = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    masked = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True))
    )


class SampleAnswer(serializers.Serializer[Any]):
    """Answer of POST grants/{id}/sample."""

    results = SampleOfObject(many=True)


class GrantPage(serializers.Serializer[Any]):
    """A keyset page of grants."""

    results = GrantAnswer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(required=False, help_text="with `count=true`; 5,000 at most")
    count_capped = serializers.BooleanField(required=False)


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
        required=False,
        help_text="have a new password or new credentials made instead of asking for those of now",
    )


class CredentialAnswer(serializers.Serializer[Any]):
    """A login, shown once; "" for what the target did not tell."""

    username = serializers.CharField()
    password = serializers.CharField()
    dsn = serializers.CharField()
    given = serializers.DictField(required=False, help_text="all that a service broker told")
    expires_at = serializers.DateTimeField()
    previous_until = serializers.DateTimeField(
        required=False, help_text="until then the credentials before these work, too"
    )


class OperationStarted(serializers.Serializer[Any]):
    """A login is being made; follow the operation at `Location`, then post again."""

    operation = serializers.UUIDField()


def grant_as_json(grant: Grant) -> dict[str, Any]:
    """A row of `Grant.objects.for_lists().with_use()` in the public form."""
    seen = getattr(grant, "last_seen_at", None)
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
        "narrow_words": narrow_in_words(grant.narrow),
        "identity": grant.identity,
        "request": str(grant.request_id),
        "starts_at": grant.starts_at.isoformat(),
        "until": grant.until.isoformat(),
        "last_seen_at": seen and seen.isoformat(),
        "reminded_days": grant.reminded_days,
        "ended_at": grant.ended_at and grant.ended_at.isoformat(),
        "ended_by": grant.ended_by,
        "end_reason": grant.end_reason,
        "removed_at": grant.removed_at and grant.removed_at.isoformat(),
        "url": reverse("access:grant", kwargs={"pk": grant.pk}),
    }


def extension_as_json(extension: GrantExtension) -> dict[str, Any]:
    """An extension, read with its request and who asked, in the public form."""
    return {
        "id": str(extension.pk),
        "request": str(extension.request_id),
        "asked_at": extension.request.created_at.isoformat(),
        "asked_by": extension.request.requester.username,
        "before": extension.before.isoformat(),
        "until": extension.until.isoformat(),
        "state": extension.state,
        "created_at": extension.created_at.isoformat(),
        "settled_at": extension.settled_at and extension.settled_at.isoformat(),
    }
