"""Events of a product in people's words; plain data."""

VERBS = {
    "product.created": "Described",
    "product.saved": "Description saved",
    "product.updated": "Description changed",
    "product.published": "Published",
    "product.deprecated": "Deprecated",
    "product.retired": "Retired",
    "product.removed": "Removed",
    "product.renamed": "Renamed",
    "product.answered": "Answers a wish",
    "contract.saved": "Contract version saved",
    "contract.version-removed": "Contract version removed",
    "quality.requested": "Checks asked to run",
    "access.requested": "Access asked for",
    "access.granted": "Access given",
    "access.revoked": "Access ended",
    "access.expired": "Access ran out",
    "access.denied": "Access refused",
}


def event_text(verb: str, detail: dict[str, object]) -> str:
    """`product.published` → “Published”; a verb without words reads as it is written."""
    noun, _, past = verb.partition(".")
    text = VERBS.get(verb) or f"{noun} {past}".replace("-", " ").replace("_", " ").capitalize()
    version = detail.get("version") or detail.get("demand")
    return f"{text}: {version}" if isinstance(version, str) and version else text
