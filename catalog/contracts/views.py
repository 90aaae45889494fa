"""A contract as a page: what it describes, promises and checks, and its source."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.contracts.comparing import curl_of, groups_of, verdict_text
from catalog.contracts.extensions import affected_parties
from catalog.contracts.models import ContractVersion, DataContract
from catalog.contracts.phrases import promise_text, rule_text
from catalog.contracts.selectors import comparison, described, versions
from core.errors import Invalid, NotFound

SHOWN_SOURCE = 200_000  # characters of the source on the page; the download has all
MAX_RULES = 200


@require_safe
def contract(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """One version of a contract, the newest unless `?version=` says which."""
    found = _contract(request, contract_id)
    text = request.GET.get("q", "").replace("\0", "").strip()
    known = versions(found)
    version = _version(found, request.GET.get("version") or (known[0].version if known else ""))
    context = {
        "crumbs": [
            {"label": "Marketplace", "url": reverse("search:marketplace")},
            {"label": found.name},
        ],
        "contract": found,
        "versions": known,
        "version": version,
        "objects": described([version.pk], text=text)[version.pk],
        "filter_text": text,
        **source_context(version),
        **_terms(version),
    }
    return render(request, "catalog/contracts/contract.html", context)


@require_safe
def changes(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """What changed between two versions, `?from=` and `?to=`, and whom it affects."""
    found = _contract(request, contract_id)
    known = versions(found)
    context: dict[str, Any] = {
        "crumbs": [
            {"label": "Marketplace", "url": reverse("search:marketplace")},
            {"label": found.name, "url": found.get_absolute_url()},
            {"label": "What changed"},
        ],
        "contract": found,
        "versions": known,
    }
    with suppress(Invalid):  # there is no version before this one; the page says so
        context |= _compared(request, found)
    return render(request, "catalog/contracts/diff.html", context)


def _compared(request: HttpRequest, contract: DataContract) -> dict[str, Any]:
    found = comparison(
        contract, older=request.GET.get("from") or None, newer=request.GET.get("to") or None
    )
    query = urlencode({"from": found.older.version, "to": found.newer.version})
    address = reverse("rest:contract-diff", kwargs={"contract_id": contract.pk})
    return {
        "comparison": found,
        "verdict": verdict_text(found.summary),
        "groups": groups_of(found.changes),
        "affected": affected_parties(request.actor, contract),  # type: ignore[attr-defined]
        "curl": curl_of(f"{request.build_absolute_uri(address)}?{query}"),
    }


@require_safe
def source(request: HttpRequest, contract_id: UUID, version: str) -> HttpResponse:
    """The document of a version as it was handed in, as a file."""
    found = _version(_contract(request, contract_id), version)
    is_json = found.text.lstrip().startswith("{")
    stem = re.sub(r"[^a-z0-9]+", "-", f"{found.contract.name} {version}".lower()).strip("-")
    suffix = "json" if is_json else "yaml"
    response = HttpResponse(found.text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stem or "contract"}.{suffix}"'
    return response


def source_context(version: ContractVersion) -> dict[str, Any]:
    """What `_source.html` shows."""
    return {
        "source_text": version.text[:SHOWN_SOURCE],
        "source_is_cut": len(version.text) > SHOWN_SOURCE,
    }


def _contract(request: HttpRequest, contract_id: UUID) -> DataContract:
    visible = DataContract.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    found = visible.select_related("owner", "domain").filter(pk=contract_id).first()
    if found is None:
        raise NotFound("There is no such contract, or you may not see it.")
    return found


def _version(contract: DataContract, name: str) -> ContractVersion:
    found = contract.versions.select_related("contract").filter(version=name).first()
    if found is None:
        raise NotFound("There is no such version of this contract.")
    return found


def _terms(version: ContractVersion) -> dict[str, Any]:
    rules = version.quality_rules.all()[:MAX_RULES]
    return {
        "rules": [
            {"rule": rule, "limit": rule_text(rule.operator, rule.threshold, rule.unit)}
            for rule in rules
        ],
        "promises": [
            promise_text(sla.property, sla.value, sla.unit) for sla in version.slas.all()[:50]
        ],
        "about": version.document.get("description"),
    }
