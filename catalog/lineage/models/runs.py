"""Runs of jobs, and the events that told of them."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from catalog.lineage.models.nodes import Job


class Run(models.Model):
    """One run of a job, as far as its events told."""

    run_id = models.UUIDField(unique=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=12)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField()
    last_seen = models.DateTimeField(db_default=Now())  # by our clock, whatever its events say
    # datasets named so far by any event of the run: events may come in any order
    input_ids = ArrayField(models.BigIntegerField(), default=list)
    output_ids = ArrayField(models.BigIntegerField(), default=list)
    # what caused it, as far as its parent facet says
    parent_run_id = models.UUIDField(null=True)
    parent_job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["job", "-last_event_at"], name="run_by_job"),
            models.Index(fields=["last_event_at"], name="run_by_age"),
            models.Index(fields=["last_seen"], name="run_by_last_seen"),
        ]

    def __str__(self) -> str:
        return str(self.run_id)


class LineageEvent(models.Model):
    """An event as it came; the hash of its identity makes a repeat harmless."""

    id = models.BigAutoField(primary_key=True)
    identity = models.CharField(max_length=64, unique=True)
    event_time = models.DateTimeField()
    body = models.BinaryField()  # JSON, deflated: a tenth of the work that JSONB is
    warnings = ArrayField(models.CharField(max_length=200), default=list)
    posted_by = models.CharField(max_length=150)
    received_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return f"event {self.identity[:12]}"

    @property
    def document(self) -> Any:
        """The event as JSON values."""
        return orjson.loads(zlib.decompress(self.body))
