"""Verbs of access: ask, open, show and renew a credential, end."""

from provisioning.access.services.asking import (
    amend_access,
    request_access,
    request_extension,
)
from provisioning.access.services.credentials import (
    RevealedCredential,
    destroy_unrevealed,
    reveal_credential,
    seal_secrets,
)
from provisioning.access.services.ending import (
    end_by_system,
    expire_grants,
    remove_ended,
    revoke_grant,
)
from provisioning.access.services.examples import failing_rows, has_examples, query_of
from provisioning.access.services.granting import finish_operation, open_grant, resume_grant
from provisioning.access.services.leaving import drop_leavers
from provisioning.access.services.offering import find_port, offer_writes
from provisioning.access.services.records import lock_grants, note
from provisioning.access.services.reminding import remind_of_ends
from provisioning.access.services.renewing import new_credential
from provisioning.access.services.rotating import (
    note_connected,
    rotate_due,
    withdraw_previous,
)
from provisioning.access.services.sampling import sample_rows
from provisioning.access.services.wishes import AccessData, data_of

__all__ = [
    "AccessData",
    "RevealedCredential",
    "amend_access",
    "data_of",
    "destroy_unrevealed",
    "drop_leavers",
    "end_by_system",
    "expire_grants",
    "failing_rows",
    "find_port",
    "finish_operation",
    "has_examples",
    "lock_grants",
    "new_credential",
    "note",
    "note_connected",
    "offer_writes",
    "open_grant",
    "query_of",
    "remind_of_ends",
    "remove_ended",
    "request_access",
    "request_extension",
    "resume_grant",
    "reveal_credential",
    "revoke_grant",
    "rotate_due",
    "sample_rows",
    "seal_secrets",
    "withdraw_previous",
]
