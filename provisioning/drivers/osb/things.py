"""Service instances and bindings as things of a broker."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import orjson

from provisioning.drivers.osb.catalog import Offer, Service
from provisioning.drivers.osb.life import Thing
from provisioning.drivers.osb.wire import PLATFORM, path_of
from provisioning.drivers.protocol import Json, PermanentError, Step

SAID_OF_BINDINGS = (
    "credentials",
    "syslog_drain_url",
    "route_service_url",
    "volume_mounts",
    "endpoints",
)


def instance(step: Step, offer: Offer | None = None) -> Thing:
    """The service instance; its id at the broker is that of ours."""
    parameters = _parameters(step.spec)
    body: dict[str, Any] = {
        **_ids(step.spec),
        "organization_guid": step.spec.get("domain") or PLATFORM,
        "space_guid": step.spec.get("team") or PLATFORM,
        "context": _context(step),
        "parameters": parameters,
    }
    if offer is not None and offer.plan.maintenance:
        body["maintenance_info"] = dict(offer.plan.maintenance)
    return Thing(
        noun="service instance",
        resource=_resource(step, step.instance_id),
        path=path_of(step.instance_id),
        body=body,
        wants={"digest": _digest(parameters)},
        is_whole=_is_anything,
    )


def binding(step: Step) -> Thing:
    """The binding that a step of ours has at an instance for a person; its id follows from all."""
    of = uuid.UUID(step.spec.get("of") or str(step.instance_id))
    told_by = (step.instance_id, step.spec.get("holder"), step.spec.get("nth"))
    whose = " ".join(str(each) for each in told_by if each)
    binding_id = uuid.uuid5(of, f"binding {whose}")
    parameters = _parameters(step.spec)
    return Thing(
        noun="service binding",
        resource=_resource(step, binding_id),
        path=path_of(of, binding_id),
        body={**_ids(step.spec), "context": _context(step), "parameters": parameters},
        wants={"digest": _digest(parameters)},
        is_whole=lambda said: bool(handed_out(said)),
    )


def is_retrievable(thing: Thing, service: Service) -> bool:
    """Whether the broker says, when asked, that the thing is there."""
    if thing.noun == "service binding":
        return service.bindings_retrievable
    return service.instances_retrievable


def handed_out(body: Json) -> dict[str, Any]:
    """What a binding is for: credentials and addresses."""
    return {name: body[name] for name in SAID_OF_BINDINGS if body.get(name)}


def _is_anything(_said: Json) -> bool:
    """All members of an answer about an instance are optional."""
    return True


def _ids(spec: Json) -> dict[str, str]:
    return {name: spec[name] for name in ("service_id", "plan_id")}


def _context(step: Step) -> dict[str, str]:
    spec = step.spec
    names = {"instance_name": spec.get("name") or str(step.instance_id)}
    more = {name: spec[name] for name in ("domain", "team") if spec.get(name)}
    return {"platform": PLATFORM, **names, **more}


def _parameters(spec: Json) -> Json:
    text = spec.get("parameters_json") or ""
    if not text.strip():
        return spec.get("parameters") or {}
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise PermanentError(f"The parameters are no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise PermanentError("The parameters must be a JSON object, in { and }.")
    return found


def _digest(parameters: Json) -> str:
    return hashlib.sha256(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _resource(step: Step, thing_id: uuid.UUID) -> str:
    return f"osb:{step.spec['target']}:{thing_id}"
