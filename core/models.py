"""The records that every verb of every room writes."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AuditEvent(models.Model):
    """One thing that somebody did or was refused. Append-only: a trigger refuses all else."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=150, help_text="user name, `team:<slug>` or `system`")
    verb = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=32)
    object_id = models.CharField(max_length=400)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(  # by object, and by the beginning of its name: the ports of a product
                fields=["object_kind", "object_id", "id"],
                opclasses=["varchar_ops", "varchar_pattern_ops", "int8_ops"],
                name="audit_by_object_name",
            ),
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.object_kind}:{self.object_id}"


class AuditSeal(models.Model):
    """The place of one audit event in the chain. Append-only, as the log itself."""

    n = models.BigIntegerField(primary_key=True)  # 1, 2, 3, ... in the order of sealing
    seq = models.BigIntegerField(unique=True)  # the event's id; no foreign key: its loss must show
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.n} {self.seq}"


class OutboxEvent(models.Model):
    """What other rooms must react to, written in the transaction that made it true."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    topic = models.CharField(max_length=64)
    key = models.CharField(max_length=400, help_text="events of one key are handled in order")
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    handled_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["key", "id"],
                condition=Q(handled_at__isnull=True, dead_at__isnull=True),
                name="outbox_pending_by_key",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(handled_at__isnull=True) | Q(dead_at__isnull=True),
                name="outbox_handled_or_dead",
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class EventPosition(models.Model):
    """The place of one outbox event in the change feed; append-only until it is forgotten."""

    position = models.BigIntegerField(primary_key=True)  # 1, 2, 3, ... in the order of commits
    # No constraint: its check would wait for whoever handles the event.
    event = models.OneToOneField(
        OutboxEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="place"
    )

    def __str__(self) -> str:
        return f"{self.position} {self.event_id}"


class IdempotencyKey(models.Model):
    """The answer that one actor's key got on one route; kept for 7 days."""

    actor = models.CharField(max_length=150)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null while the first call runs
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["actor", "route", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class GraphqlBudget(models.Model):
    """What an actor spent on GraphQL in the last minute in which they asked at all."""

    actor_id = models.BigIntegerField(primary_key=True)
    minute = models.DateTimeField()
    spent = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.actor_id} {self.spent}"


class PersistedQuery(models.Model):
    """A GraphQL query that scripts name by its hash instead of sending its text."""

    sha256 = models.CharField(primary_key=True, max_length=64)  # of the text in UTF-8
    name = models.CharField(max_length=120)
    text = models.TextField()
    created_by = models.CharField(max_length=150)
    owner_id = models.BigIntegerField()  # the person who registered it
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["name", "sha256"], name="persisted_query_by_name"),
            models.Index(fields=["owner_id"], name="persisted_query_by_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="persisted_query_hash_valid"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="persisted_query_named"),
        ]

    def __str__(self) -> str:
        return self.name
