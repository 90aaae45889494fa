"""Keys for scripts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models.people import Team, User
from accounts.states import Scope, TokenState

if TYPE_CHECKING:
    from accounts.actors import Actor


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, actor: Actor) -> ApiTokenQuerySet:
        """One's own, and those that act for a team one owns; administrators see all.

        The same people may revoke them. A token of a team sees what acts for that team.
        """
        if actor.is_visitor:
            return self.none()
        if actor.is_admin:
            return self
        of_teams = Q(team__in=actor.owner_team_ids)
        if actor.is_service:
            return self.filter(of_teams | Q(user=actor.user_id, team__in=actor.team_ids))
        return self.filter(of_teams | Q(user=actor.user_id))

    def live(self) -> ApiTokenQuerySet:
        """Those that work, as long as their user may act."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=Now())

    def ended(self) -> ApiTokenQuerySet:
        return self.filter(Q(revoked_at__isnull=False) | Q(expires_at__lte=Now()))

    def for_lists(self) -> ApiTokenQuerySet:
        """With the names that lists show, in one query, and without the hash."""
        return self.select_related("user", "team").defer("sha256")


class ApiToken(models.Model):
    """A key for scripts: 256 random bits, of which only the SHA-256 is kept.

    A token acts as its user. Where `team` is set, it acts for that team alone: with the role that
    its user has there, and with nothing else of theirs.
    """

    prefix = models.CharField(max_length=12, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    user = models.ForeignKey(  # the indexes below begin with it
        User, on_delete=models.CASCADE, related_name="api_tokens", db_index=False
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_tokens",
        db_index=False,
    )
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices))
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150, blank=True)  # name of the actor
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # to five minutes
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    reminded_at = models.DateTimeField(null=True)  # that it ends

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="token_by_user"),
            models.Index(fields=["team", "-id"], name="token_by_team"),
            models.Index(
                fields=["expires_at"],
                condition=Q(revoked_at__isnull=True, reminded_at__isnull=True),
                name="token_to_remind_of",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & ~Q(scopes__len=0),
                name="token_scopes_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="token_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def state(self) -> TokenState:
        """Whether it works, and if not, why."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        return TokenState.LIVE if self.expires_at > timezone.now() else TokenState.EXPIRED

    @property
    def ends_soon(self) -> bool:
        """Works, but not for another week."""
        left = self.expires_at - timezone.now()
        return self.state == TokenState.LIVE and left < REMIND_BEFORE


REMIND_BEFORE = dt.timedelta(days=7)
