"""Who acts, and for which part of the company."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.states import PortalRole, ServiceRole, TeamKind, TeamRole

SLUG_PATTERN = r"^[a-z][a-z0-9-]{0,62}$"
PATH_PATTERN = r"^[a-z][a-z0-9-]{0,62}(\.[a-z][a-z0-9-]{0,62}){0,7}$"
valid_slug = RegexValidator(
    SLUG_PATTERN, "Lower-case letters, digits and “-”, starting with a letter."
)
valid_path = RegexValidator(PATH_PATTERN, "Slugs joined by dots, e.g. “sales.emea”.")


class User(AbstractUser):
    """A person. Teams and domains say what they may change; `portal_role` the rest.

    Or, where `service_of` is set, a service account: a program of that team, in which it has
    `service_role` and beyond which it has nothing. It is in no list of members and cannot log in.
    """

    display_name = models.CharField(max_length=150, blank=True)
    portal_role = models.CharField(
        max_length=12, choices=PortalRole.choices, default=PortalRole.MEMBER
    )
    sessions_valid_from = models.DateTimeField(null=True)  # older sessions are refused
    service_of = models.ForeignKey(
        "Team", on_delete=models.PROTECT, null=True, blank=True, related_name="service_accounts"
    )
    service_role = models.CharField(max_length=12, choices=ServiceRole.choices, blank=True)
    purpose = models.CharField(max_length=300, blank=True)  # of a service account

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(portal_role__in=PortalRole.values), name="user_portal_role_known"
            ),
            models.CheckConstraint(
                condition=Q(service_of__isnull=True, service_role="")
                | Q(
                    service_of__isnull=False,
                    service_role__in=ServiceRole.values,
                    portal_role=PortalRole.MEMBER,
                    is_superuser=False,
                ),
                name="user_person_or_service_account",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def is_service_account(self) -> bool:
        """True for a program of a team."""
        return self.service_of_id is not None


class Domain(models.Model):
    """A business domain; domains nest by dotted path."""

    path = models.CharField(max_length=500, unique=True, validators=[valid_path])
    name = models.CharField(max_length=120)
    purpose = models.TextField(blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    owner = models.ForeignKey(
        "Team", on_delete=models.PROTECT, null=True, blank=True, related_name="owned_domains"
    )
    # JSON Schema 2020-12 of the extra fields of this domain's products; null: none of its own
    field_schema = models.JSONField(null=True, blank=True)
    instance_id = models.UUIDField(null=True, blank=True)  # of the job that made it; null: people

    class Meta:
        ordering = ["path"]
        indexes = [
            models.Index(fields=["path"], opclasses=["varchar_pattern_ops"], name="domain_tree")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(path__regex=PATH_PATTERN), name="domain_path_valid")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("portal:domain", kwargs={"path": self.path})


class Team(models.Model):
    """A team in a domain; everything in the portal belongs to one."""

    slug = models.CharField(max_length=63, unique=True, validators=[valid_slug])
    name = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=24, choices=TeamKind.choices, default=TeamKind.STREAM_ALIGNED
    )
    domain = models.ForeignKey(
        Domain, on_delete=models.PROTECT, null=True, blank=True, related_name="teams"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    contact = models.CharField(max_length=200, blank=True)
    instance_id = models.UUIDField(null=True, blank=True)  # of the job that made it; null: people
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name="team_slug_valid"),
            models.CheckConstraint(condition=Q(kind__in=TeamKind.values), name="team_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("portal:team", kwargs={"slug": self.slug})


class Membership(models.Model):
    """A person's role in a team."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=TeamRole.choices, default=TeamRole.CONTRIBUTOR)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(role__in=TeamRole.values), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"
