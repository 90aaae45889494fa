"""Action `component`: validated, provisioned, changed and unprovisioned by an adapter."""

from __future__ import annotations

import base64
from typing import Any, NoReturn

import orjson

from core.crypto import CannotDecrypt, decrypt, encrypt
from core.documents import load_documents
from provisioning.drivers.places import safe_url
from provisioning.drivers.protocol import (
    Change,
    DriverError,
    Json,
    Pending,
    PermanentError,
    StaleFence,
    TemporaryError,
)
from provisioning.drivers.witboost.descriptor import as_text, component_descriptor, enriched
from provisioning.drivers.witboost.tasks import MAKES, Life, run
from provisioning.drivers.witboost.wire import FAILED, Status, request_for


def ensure(life: Life, effect_key: str) -> tuple[Change, dict[str, Any]]:
    """Have the component there as the spec says; returns what changed and what the adapter tells.

    Raises:
        DriverError: it is not (yet); of one that was not there before, nothing is left.
    """
    if life.state == "orphan":
        _remove_orphan(life)
    if life.state == "there" and life.known.get("effect_key") == effect_key:
        return Change.KEEP, told(life)
    descriptor = as_text(component_descriptor(life.step.spec))
    if life.known.get("running") is None:
        _require_valid(life, descriptor)
        life.keep(was_there=life.state == "there" or bool(life.known.get("was_there")))
    life.keep(state="sent", asked=descriptor)
    status = run(life, MAKES, request_for(descriptor, latest=latest(life)))
    if status.status == FAILED:
        _fail(life, status)
    change = Change.UPDATE if life.known["was_there"] else Change.CREATE
    life.keep(
        state="there",
        effect_key=effect_key,
        descriptor=descriptor,
        sealed=_sealed(life, status.info),
        was_there=True,
    )
    return change, told(life)


def remove(life: Life) -> None:
    """Have the component removed, and its data unless the spec says to keep it.

    Raises:
        DriverError: it may still be there; call again.
    """
    known = life.known.get("descriptor") or life.known.get("asked")
    descriptor = known or as_text(component_descriptor(life.step.spec))
    removes_data = life.step.spec.get("remove_data", True)
    body = request_for(descriptor, latest=latest(life), remove_data=removes_data)
    status = run(life, "unprovision", body)
    if status.status == FAILED:
        raise TemporaryError(_reason("The adapter could not remove the component.", status))
    life.keep(state="absent", sealed=None, descriptor=None, asked=None, was_there=False)


def latest(life: Life) -> str:
    """The descriptor that was provisioned last, with what the adapter said of it; or empty."""
    text, info = life.known.get("descriptor"), _opened(life)
    if not text or info is None:
        return ""
    descriptor = load_documents(text)[0].data
    return as_text(enriched(descriptor, info, operation="PROVISION", status="COMPLETED"))


def told(life: Life) -> dict[str, Any]:
    """What the adapter lets everybody know; of addresses, those that a link may lead to."""
    info = _opened(life) or {}
    public = info.get("publicInfo")
    public = public if isinstance(public, dict) else {}
    links = [link for each in public.values() if (link := _link(each))]
    return {"public_info": public, "result": {"links": links} if links else {}}


def _link(value: Any) -> dict[str, str] | None:
    """`{"type", "label", "value", "href"}` is what adapters send; other shapes are no links."""
    if not isinstance(value, dict) or not (url := safe_url(value.get("href"))):
        return None
    label = value.get("value") or value.get("label")
    return {"label": str(label or url)[:120], "url": url}


def _require_valid(life: Life, descriptor: str) -> None:
    objections = life.adapter.objections(descriptor)
    if objections:
        text = "; ".join(objections)[:600]
        raise PermanentError(f"The adapter does not accept the component: {text}")


def _fail(life: Life, status: Status) -> NoReturn:
    reason = _reason("The adapter could not make the component.", status)
    if life.known["was_there"]:
        life.keep(state="there")
        raise PermanentError(reason)
    life.keep(state="orphan", reason=reason)
    _remove_orphan(life)


def _remove_orphan(life: Life) -> NoReturn:
    reason = life.known["reason"]
    try:
        remove(life)
    except (Pending, StaleFence):
        raise
    except DriverError as error:
        raise TemporaryError(f"{reason} What may be there could not be removed: {error}") from error
    raise PermanentError(reason)


def _reason(text: str, status: Status) -> str:
    errors = [message for level, message in status.logs if level == "error"]
    return " ".join(filter(None, [text, status.text, *errors[-2:]]))[:900]


def _sealed(life: Life, info: Json) -> str:
    """Private info may hold secrets, so all of it is kept sealed."""
    return base64.b64encode(encrypt(orjson.dumps(dict(info)), bound_to=life.resource)).decode()


def _opened(life: Life) -> dict[str, Any] | None:
    sealed = life.known.get("sealed")
    if not sealed:
        return None
    try:
        plain = decrypt(base64.b64decode(sealed), bound_to=life.resource)
    except CannotDecrypt as error:
        raise PermanentError("What the adapter said last cannot be opened.") from error
    found: dict[str, Any] = orjson.loads(plain)
    return found
