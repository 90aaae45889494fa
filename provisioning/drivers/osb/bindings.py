"""Action `binding`: credentials for a service instance; they are handed on, never kept here."""

from __future__ import annotations

from provisioning.drivers.osb.catalog import Offer
from provisioning.drivers.osb.instances import Made
from provisioning.drivers.osb.life import Life, create
from provisioning.drivers.osb.looking import look
from provisioning.drivers.osb.things import handed_out
from provisioning.drivers.protocol import Change, Json, PermanentError, TemporaryError


def ensure(life: Life, offer: Offer) -> Made:
    """Have the binding there, and its credentials.

    Raises:
        DriverError: it is not (yet).
    """
    if not offer.plan.bindable:
        raise PermanentError(f"{offer.service.title}, {offer.plan.title} hands out no credentials.")
    was_there = life.state == "there"
    if was_there and life.known.get("digest") != life.thing.wants["digest"]:
        raise PermanentError("Credentials cannot be changed: withdraw them and ask for new ones.")
    body: Json = {} if was_there else create(life, offer)
    secrets = handed_out(body) or handed_out(_asked(life, offer))
    if not secrets:
        raise TemporaryError("The broker does not hand out the credentials that it made.")
    return Made(Change.KEEP if was_there else Change.CREATE, {}, secrets)


def _asked(life: Life, offer: Offer) -> Json:
    """The binding as the broker tells it; one that cannot be asked tells it to a repetition."""
    if not offer.service.bindings_retrievable:
        return create(life, offer)
    seen = look(life.broker, life.thing)
    if seen.exists:
        return seen.body
    return create(life, offer)
