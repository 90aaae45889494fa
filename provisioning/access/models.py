"""Grants and the credentials that open them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Team, User
from catalog.products.models import DataProduct, OutputPort
from core.ids import uuid7
from core.subqueries import one_of
from provisioning.access.states import LIVE, AccessMode, ExtensionState, GrantState, LegalBasis
from provisioning.jobs.models import Instance
from provisioning.requests.models import Request


class GrantQuerySet(models.QuerySet["Grant"]):
    def visible_to(self, actor: Actor) -> GrantQuerySet:
        """The consumer's people, the owner of the port, stewards, platform and admins."""
        if actor.sees_all_metadata:
            return self
        offered = OutputPort.objects.filter(
            Q(product__owner__in=actor.team_ids) | Q(product__domain__in=actor.owned_domain_ids)
        )
        return self.filter(_held(actor) | Q(one_of("port", offered.order_by())))

    def held_by(self, actor: Actor) -> GrantQuerySet:
        """Grants through which `actor` may read."""
        return self.filter(_held(actor))

    def live(self) -> GrantQuerySet:
        return self.filter(state__in=LIVE)

    def with_use(self) -> GrantQuerySet:
        """With `last_seen_at`: when any login of it was last seen connected."""
        seen = Credential.objects.filter(grant=OuterRef("pk")).order_by()
        latest = seen.values("grant").annotate(at=models.Max("last_seen_at")).values("at")
        return self.annotate(last_seen_at=Subquery(latest))

    def for_lists(self) -> GrantQuerySet:
        """With everything that a row of a list names, in one query."""
        named = self.select_related(
            "port__product__owner", "consumer_team", "consumer_user", "consumer_product__owner"
        )
        return named.defer(
            *("port__product__document", "port__product__text"),
            *("consumer_product__document", "consumer_product__text"),
        )


def _held(actor: Actor) -> Q:
    """Each part has an index of its own; a join to the products would read all grants."""
    owned = DataProduct.objects.filter(owner__in=actor.team_ids)
    return (
        Q(consumer_user_id=actor.user_id)
        | Q(consumer_team__in=actor.team_ids)
        | Q(one_of("consumer_product", owned.order_by()))
    )


class Grant(models.Model):
    """A consumer may read a port, or write it too, for a purpose until a date.

    Exactly one kind of consumer.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="grant")
    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, related_name="grant")
    port = models.ForeignKey(OutputPort, on_delete=models.PROTECT, related_name="grants")
    consumer_team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, related_name="grants"
    )
    consumer_user = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="grants"
    )
    consumer_product = models.ForeignKey(
        DataProduct, on_delete=models.PROTECT, null=True, related_name="grants_held"
    )
    purpose = models.TextField()
    mode = models.CharField(
        max_length=5, choices=AccessMode.choices, default=AccessMode.READ, db_default="read"
    )
    narrow = models.JSONField(
        default=dict, db_default={}
    )  # as `formats/narrow.py` reads it; empty: everything
    legal_basis = models.CharField(
        max_length=20, choices=LegalBasis.choices, blank=True, db_default=""
    )
    # what the reader is called in the target, where whoever asked had to say so
    identity = models.CharField(max_length=300, blank=True, db_default="")
    state = models.CharField(max_length=8, choices=GrantState.choices, default=GrantState.PENDING)
    starts_at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()  # moves later by extensions alone, once the target knows it
    # the last reminder of its end was sent so many days before it
    reminded_days = models.PositiveSmallIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)  # when it was revoked or expired
    ended_by = models.CharField(max_length=150, blank=True)
    end_reason = models.TextField(blank=True)
    removed_at = models.DateTimeField(null=True)  # verified gone from the target

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["port", "state"], name="grant_by_port"),
            models.Index(
                fields=["until"],
                condition=Q(state__in=["pending", "active"]),
                name="grant_expiring",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=GrantState.values), name="grant_state_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    consumer_team__isnull=False,
                    consumer_user__isnull=True,
                    consumer_product__isnull=True,
                )
                | Q(
                    consumer_team__isnull=True,
                    consumer_user__isnull=False,
                    consumer_product__isnull=True,
                )
                | Q(
                    consumer_team__isnull=True,
                    consumer_user__isnull=True,
                    consumer_product__isnull=False,
                ),
                name="grant_has_one_consumer",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("starts_at")), name="grant_ends_later"),
            models.CheckConstraint(
                condition=Q(legal_basis__in=["", *LegalBasis.values]),
                name="grant_legal_basis_known",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=AccessMode.values), name="grant_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(mode="read") | Q(narrow={}), name="grant_writes_all_of_it"
            ),
            models.UniqueConstraint(
                fields=["port", "mode", "consumer_team", "consumer_user", "consumer_product"],
                condition=Q(state__in=["pending", "active"]),
                nulls_distinct=False,
                name="grant_once_while_live",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} → {self.port}"

    def get_absolute_url(self) -> str:
        return reverse("access:grant", kwargs={"pk": self.pk})

    @property
    def consumer(self) -> Team | User | DataProduct:
        consumer = self.consumer_team or self.consumer_user or self.consumer_product
        assert consumer is not None  # by constraint
        return consumer

    @property
    def writes(self) -> bool:
        return self.mode == AccessMode.WRITE

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_settled(self) -> bool:
        """Nothing is under way: in force, or ended and verified gone."""
        return self.state == GrantState.ACTIVE or self.removed_at is not None


class GrantExtension(models.Model):
    """An agreed later end of a running grant; asked for and decided like the grant itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="extensions")
    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="extension")
    before = models.DateTimeField()  # the end as it was
    until = models.DateTimeField()
    state = models.CharField(
        max_length=7, choices=ExtensionState.choices, default=ExtensionState.PENDING
    )
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)  # in force or failed since

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ExtensionState.values), name="extension_state_known"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("before")), name="extension_never_shortens"
            ),
            models.UniqueConstraint(
                fields=["grant"], condition=Q(state="pending"), name="extension_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} until {self.until:%Y-%m-%d}"


class Credential(models.Model):
    """A login for one holder of a grant; the ciphertext is given once and then gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="credentials")
    holder = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credentials")
    username = models.CharField(max_length=63)
    # keyed, of the secrets: tells whether a target says the same again
    fingerprint = models.CharField(max_length=64, blank=True, db_default="")
    ciphertext = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    reveal_until = models.DateTimeField()  # 24 h, then destroyed
    expires_at = models.DateTimeField()
    revealed_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    rotate_at = models.DateTimeField(null=True)  # the portal makes a new password then
    # what the holder had before works until then; null: it does not work any more
    previous_until = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)  # the holder heard of that
    last_seen_at = models.DateTimeField(null=True)  # connected, to the minute

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["username"],
                condition=Q(destroyed_at__isnull=True),
                name="credential_by_login",
            ),
            models.Index(
                fields=["rotate_at"],
                condition=Q(destroyed_at__isnull=True),
                name="credential_by_rotation",
            ),
            models.Index(
                fields=["previous_until"],
                condition=Q(previous_until__isnull=False),
                name="credential_by_previous",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "holder"],
                condition=Q(destroyed_at__isnull=True),
                name="credential_once_per_holder",
            ),
            models.CheckConstraint(
                condition=Q(revealed_at__isnull=True) | Q(ciphertext__isnull=True),
                name="credential_revealed_is_gone",
            ),
        ]

    def __str__(self) -> str:
        return self.username
