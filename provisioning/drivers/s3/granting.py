"""How an area is opened: an identity of the storage gets into the policy of its bucket."""

from __future__ import annotations

from typing import Any, Final

from provisioning.drivers.protocol import Ability, Grants, Identity, Json, Made, Opening, Terms
from provisioning.drivers.s3.specs import PRINCIPAL, READ, WRITE


def opened(made: Made, location: Json) -> dict[str, Any] | None:
    """The area, unless the port lies in a schema of the warehouse or in another area."""
    bucket, prefix = made.facts.get("bucket", ""), made.facts.get("prefix", "")
    where = location.get("bucket", bucket), location.get("prefix", prefix)
    if not bucket or location.get("schema") or where != (bucket, prefix):
        return None
    place = {"target": made.spec["target"], "bucket": bucket, "prefix": prefix}
    return {**place, "endpoint": made.facts.get("endpoint", "")}


def opening_spec(base: Json, terms: Terms) -> dict[str, Any]:
    """The identity may read, or write, too, as the base says or the spec that it is.

    The policy knows no end, so it is taken out when the access ends.
    """
    kept = {name: base[name] for name in ("target", "bucket", "prefix")}
    writes = WRITE in (base.get("mode"), base.get("access"))
    return {**kept, "principal": terms.identity, "access": WRITE if writes else READ}


GRANTS: Final = Grants(
    action="area",
    makes="area",
    named_by="bucket",
    opened=opened,
    opening=Opening("area-grant", "Right in the policy of the bucket", opening_spec),
    parts=("target", "bucket", "prefix", "principal"),
    abilities=frozenset({Ability.WRITE}),
    identity=Identity(
        label="Identity in the storage",
        pattern=PRINCIPAL["pattern"],
        hint="The role or user that will get in, by its ARN; never everybody.",
        example="arn:aws:iam::123456789012:role/analyst",
    ),
    shown=lambda base: {
        **({"Endpoint": base["endpoint"]} if base.get("endpoint") else {}),
        "Bucket": base["bucket"],
        **({"Folder": base["prefix"]} if base["prefix"] else {}),
        "Let in as": base["principal"],
    },
    technology="s3",
    place="the object storage",
    opens="Your identity gets into the policy of the bucket",
    enters="You get in as that identity; there is no password from the portal",
    renews="Its keys are renewed by whoever runs that identity in the storage",
    ends="The identity has no access any more, from its next request on.",
)
