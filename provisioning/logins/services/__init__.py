"""Verbs of logins: have one made, see it once, end it."""

from provisioning.logins.services.ending import end_login, end_of_leavers
from provisioning.logins.services.making import make_login, seal_login, settle_logins
from provisioning.logins.services.showing import destroy_unseen, reveal_login

__all__ = [
    "destroy_unseen",
    "end_login",
    "end_of_leavers",
    "make_login",
    "reveal_login",
    "seal_login",
    "settle_logins",
]
