"""What a tech adapter is told: a data product with one component, in Witboost's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from core.documents import DocumentError, dump_yaml, load_documents
from provisioning.drivers.protocol import Json, PermanentError

TYPES: Final[Mapping[str, str]] = {  # ODCS logicalType: OpenMetadata dataType
    "string": "STRING",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
    "object": "STRUCT",
    "array": "ARRAY",
}
CONSTRAINTS: Final[Mapping[str, str]] = {  # of those that hold, the first
    "primaryKey": "PRIMARY_KEY",
    "unique": "UNIQUE",
    "required": "NOT_NULL",
}
SLA: Final[Mapping[str, tuple[str, ...]]] = {  # Witboost's words: those of ODCS slaProperties
    "intervalOfChange": ("frequency",),
    "timeliness": ("latency", "timeliness"),
    "upTime": ("availability", "uptime"),
}


def product_id(product: Json) -> str:
    """`urn:dmb:dp:<domain>:<product>:<major>`."""
    return f"urn:dmb:dp:{product['domain']}:{product['slug']}:{_major(product)}"


def component_id(product: Json, name: str) -> str:
    """`urn:dmb:cmp:<domain>:<product>:<major>:<component>`."""
    return f"urn:dmb:cmp:{product['domain']}:{product['slug']}:{_major(product)}:{name}"


def component_descriptor(spec: Json) -> dict[str, Any]:
    """The COMPONENT_DESCRIPTOR of a step; empty texts are left out.

    Raises:
        PermanentError: the contract cannot be read, or has no table for this component.
    """
    product, component = spec["product"], spec["component"]
    return {
        "dataProduct": {**_product(product), "components": [_component(spec)]},
        "componentIdToProvision": component_id(product, component["name"]),
    }


def enriched(descriptor: Json, info: Json | None, *, operation: str, status: str) -> dict[str, Any]:
    """A descriptor with what became of its component last."""
    product = descriptor["dataProduct"]
    last = {
        **(info or {}),
        "latestProvisioningOperation": {"operation": operation, "status": status},
    }
    components = [
        {**each, "info": last} if each["id"] == descriptor["componentIdToProvision"] else each
        for each in product["components"]
    ]
    return {**descriptor, "dataProduct": {**product, "components": components}}


def as_text(descriptor: Json) -> str:
    """YAML, as adapters read it."""
    return dump_yaml(dict(descriptor))


def columns_of(contract: Json, table: str, fallback: str) -> list[dict[str, Any]]:
    """The columns of one table of an ODCS contract as OpenMetadata columns.

    Args:
        table: its name, or empty.
        fallback: the table to take when none is named and there are several.

    Raises:
        PermanentError: there is no such table.
    """
    objects = [each for each in contract.get("schema") or [] if isinstance(each, dict)]
    named = {str(each.get("name", "")): each for each in objects}
    if table and table not in named:
        raise PermanentError(f"The contract has no table “{table}”.")
    wanted = table or (fallback if fallback in named else "")
    if not wanted and len(objects) > 1:
        tables = ", ".join(named)
        raise PermanentError(f"Say which table of the contract the component is: {tables}.")
    found = named[wanted] if wanted else (objects[0] if objects else {})
    return list(_columns(found.get("properties")))


def sla_of(contract: Json) -> dict[str, str]:
    """The service levels of an ODCS contract in Witboost's words."""
    said: dict[str, str] = {}
    for each in contract.get("slaProperties") or []:
        if isinstance(each, dict) and each.get("value") is not None:
            text = f"{each['value']} {each.get('unit') or ''}".strip()
            said.setdefault(str(each.get("property", "")).lower(), text)
    found = {
        ours: next((said[name] for name in names if name in said), "")
        for ours, names in SLA.items()
    }
    return _filled(found)


def _product(product: Json) -> dict[str, Any]:
    team = product["team"]
    owner = product.get("owner") or team
    return _filled(
        {
            "id": product_id(product),
            "name": product["name"],
            "fullyQualifiedName": f"{product['domain']}.{product['slug']}",
            "description": product.get("description") or product["name"],
            "kind": "dataproduct",
            "domain": product["domain"],
            "version": product.get("version") or "0.1.0",
            "environment": product.get("environment") or "production",
            "dataProductOwner": f"user:{owner}",
            "dataProductOwnerDisplayName": owner,
            "email": product.get("email"),
            "ownerGroup": f"group:{team}",
            "devGroup": f"group:{team}",
            "maturity": product.get("maturity"),
        }
    ) | {"tags": list(product.get("tags") or []), "specific": {}}


def _component(spec: Json) -> dict[str, Any]:
    product, component = spec["product"], spec["component"]
    found = _filled(
        {
            "kind": component["kind"],
            "id": component_id(product, component["name"]),
            "name": component.get("title") or component["name"],
            "fullyQualifiedName": f"{product['domain']}.{product['slug']}/{component['name']}",
            "description": component.get("description") or component["name"],
            "version": component.get("version") or product.get("version") or "0.1.0",
            "infrastructureTemplateId": component["infrastructure_template"],
            "useCaseTemplateId": component.get("use_case_template"),
            "platform": component.get("platform"),
            "technology": component.get("technology"),
        }
    )
    depends = [component_id(product, name) for name in component.get("depends_on") or []]
    tags, specific = list(component.get("tags") or []), dict(component.get("specific") or {})
    found |= {"dependsOn": depends, "tags": tags, "specific": specific}
    return found | _terms(spec) if component["kind"] == "outputport" else found


def _terms(spec: Json) -> dict[str, Any]:
    """What an output port has besides: contract and agreement."""
    component, contract = spec["component"], _contract(spec.get("contract"))
    said = contract.get("description")
    words: Json = said if isinstance(said, dict) else {}
    table = component.get("table") or ""
    terms = {
        "termsAndConditions": words.get("limitations"),
        "endpoint": component.get("endpoint"),
    }
    agreement = {
        "purpose": words.get("purpose"),
        "intendedUsage": words.get("usage"),
        "limitations": words.get("limitations"),
    }
    return {
        "outputPortType": component.get("output_port_type") or "SQL",
        "dataContract": {
            "schema": columns_of(contract, table, component["name"]),
            "SLA": sla_of(contract),
            **_filled(terms),
        },
        "dataSharingAgreement": _filled(agreement),
        "semanticLinking": [],
    }


def _contract(text: str | None) -> Json:
    if not text:
        return {}
    try:
        data = load_documents(text)[0].data
    except (DocumentError, IndexError) as error:
        raise PermanentError("The contract cannot be read.") from error
    if not isinstance(data, dict):
        raise PermanentError("The contract is no ODCS document.")
    return data


def _columns(properties: Any) -> Iterator[dict[str, Any]]:
    for each in properties if isinstance(properties, list) else ():
        if isinstance(each, dict) and each.get("name"):
            yield {"name": str(each["name"]), **_type(each), **_column_words(each)}


def _type(each: Json) -> dict[str, Any]:
    kind = TYPES.get(str(each.get("logicalType", "")), "STRING")
    if kind == "STRUCT":
        return {"dataType": kind, "children": list(_columns(each.get("properties")))}
    if kind == "ARRAY":
        items = each.get("items")
        inner = _type(items) if isinstance(items, dict) else {"dataType": "STRING"}
        children = {"children": inner["children"]} if "children" in inner else {}
        return {"dataType": kind, "arrayDataType": inner["dataType"], **children}
    return {"dataType": kind}


def _column_words(each: Json) -> dict[str, Any]:
    constraint = next((word for name, word in CONSTRAINTS.items() if each.get(name) is True), "")
    words = {
        "description": each.get("description"),
        "dataTypeDisplay": each.get("physicalType"),
        "constraint": constraint,
    }
    level = each.get("classification")
    tag = {"tagFQN": str(level), "source": "Tag", "labelType": "Manual", "state": "Confirmed"}
    return _filled(words) | ({"tags": [tag]} if level else {})


def _major(product: Json) -> str:
    return str(product.get("version") or "0.1.0").partition(".")[0]


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in values.items() if value}
