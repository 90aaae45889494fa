"""From a target's name to what a driver needs to reach it."""

from __future__ import annotations

from django.conf import settings

from core.crypto import CannotDecrypt, decrypt, encrypt
from provisioning.drivers.models import Target
from provisioning.drivers.postgres.session import Warehouse
from provisioning.drivers.protocol import PermanentError

BUILT_IN = "warehouse"


def warehouse(slug: str | None) -> Warehouse:
    """The PostgreSQL to provision into; None is the built-in one of the settings.

    A target's `config` may have `public_host`, `public_port` (where consumers reach it) and
    `exclusive`; its secret is the connection URL of the administrator.

    Raises:
        PermanentError: no such target, or its secret cannot be opened.
    """
    if slug is None or slug == BUILT_IN:
        return _built_in()
    target = Target.objects.filter(slug=slug, driver="postgres").first()
    if target is None or target.secret is None:
        raise PermanentError(f"There is no target “{slug}” to provision into.")
    try:
        url = decrypt(bytes(target.secret), bound_to=str(target.pk))
    except CannotDecrypt as error:
        raise PermanentError(f"The secret of the target “{slug}” cannot be opened.") from error
    return Warehouse(
        url=url.decode(),
        public_host=str(target.config.get("public_host", "")),
        public_port=str(target.config.get("public_port", "")),
        exclusive=bool(target.config.get("exclusive")),
    )


def sealed_url(target: Target, url: str) -> bytes:
    """The connection URL as it is stored in `target.secret`."""
    return encrypt(url.encode(), bound_to=str(target.pk))


def _built_in() -> Warehouse:
    if not settings.WAREHOUSE_URL:
        raise PermanentError("WAREHOUSE_URL is not set, so there is no place to provision into.")
    return Warehouse(
        url=settings.WAREHOUSE_URL,
        public_host=settings.WAREHOUSE_PUBLIC_HOST,
        public_port=settings.WAREHOUSE_PUBLIC_PORT,
        exclusive=True,
    )
