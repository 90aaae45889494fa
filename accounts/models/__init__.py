"""Who acts, for which part of the company, and with which keys."""

from accounts.models.people import (
    PATH_PATTERN,
    SLUG_PATTERN,
    Domain,
    Membership,
    Team,
    User,
    valid_path,
    valid_slug,
)
from accounts.models.tokens import REMIND_BEFORE, ApiToken, ApiTokenQuerySet

__all__ = [
    "PATH_PATTERN",
    "REMIND_BEFORE",
    "SLUG_PATTERN",
    "ApiToken",
    "ApiTokenQuerySet",
    "Domain",
    "Membership",
    "Team",
    "User",
    "valid_path",
    "valid_slug",
]
