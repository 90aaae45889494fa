"""Verbs on people, service accounts, tokens, domains and teams."""

from accounts.services.keys import (
    TokenData,
    actor_for_token,
    create_token,
    make_token,
    remind_of_ends,
    revoke_token,
)
from accounts.services.people import create_administrator
from accounts.services.places import (
    NewTeam,
    create_domain,
    describe_domain,
    remove_domain,
    set_domain_details,
)
from accounts.services.programs import (
    AccountData,
    change_account,
    create_account,
    end_account,
)

__all__ = [
    "AccountData",
    "NewTeam",
    "TokenData",
    "actor_for_token",
    "change_account",
    "create_account",
    "create_administrator",
    "create_domain",
    "create_token",
    "describe_domain",
    "end_account",
    "make_token",
    "remind_of_ends",
    "remove_domain",
    "revoke_token",
    "set_domain_details",
]
