"""Verbs of access: ask, open, show and renew a credential, end."""

from provisioning.access.services.asking import amend_access, request_access
from provisioning.access.services.credentials import (
    RevealedCredential,
    destroy_unrevealed,
    new_credential,
    reveal_credential,
    seal_secrets,
)
from provisioning.access.services.ending import expire_grants, remove_ended, revoke_grant
from provisioning.access.services.granting import finish_operation, open_grant, resume_grant

__all__ = [
    "RevealedCredential",
    "amend_access",
    "destroy_unrevealed",
    "expire_grants",
    "finish_operation",
    "new_credential",
    "open_grant",
    "remove_ended",
    "request_access",
    "resume_grant",
    "reveal_credential",
    "revoke_grant",
    "seal_secrets",
]
