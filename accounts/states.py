"""Roles, team types and token scopes."""

from django.db.models import TextChoices


class PortalRole(TextChoices):
    """What a person is for the whole portal; teams give the rest."""

    MEMBER = "member", "Member"
    STEWARD = "steward", "Steward"
    PLATFORM = "platform", "Platform engineer"
    ADMIN = "admin", "Administrator"


class TeamKind(TextChoices):
    """Team topologies (Skelton and Pais)."""

    STREAM_ALIGNED = "stream-aligned", "Stream-aligned"
    PLATFORM = "platform", "Platform"
    ENABLING = "enabling", "Enabling"
    COMPLICATED_SUBSYSTEM = "complicated-subsystem", "Complicated subsystem"


class TeamRole(TextChoices):
    OWNER = "owner", "Owner"
    CONTRIBUTOR = "contributor", "Contributor"
    VIEWER = "viewer", "Viewer"


class Scope(TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Write"
    LINEAGE_WRITE = "lineage:write", "Send lineage"
    QUALITY_WRITE = "quality:write", "Send quality results"


class ServiceRole(TextChoices):
    """What a service account is in its team; deciding stays with people."""

    CONTRIBUTOR = TeamRole.CONTRIBUTOR.value, "Contributor"
    VIEWER = TeamRole.VIEWER.value, "Viewer"


class TokenState(TextChoices):
    LIVE = "live", "Works"
    EXPIRED = "expired", "Ended"
    REVOKED = "revoked", "Revoked"
