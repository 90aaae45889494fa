"""The driver of the portal's own catalogue: names, contract, product, checks.

Each verb is one fenced transaction of the portal's database; spec shapes are in `ACTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from django.db import OperationalError, transaction

from accounts.actors import system_actor
from accounts.models import Domain, Team
from catalog.contracts import services as contracts
from catalog.contracts.models import ContractVersion, DataContract
from catalog.products import services as products
from catalog.products.models import DataProduct
from catalog.products.selectors import name_problems
from catalog.products.states import ProductStatus
from catalog.quality import services as quality
from catalog.quality.models import QualityCheck
from core.documents import Document, DocumentError, load_documents
from core.errors import DomainError, Invalid
from provisioning.drivers import catalog_domains as domains
from provisioning.drivers import catalog_ports as ports
from provisioning.drivers.catalog_data import product_data
from provisioning.drivers.catalog_specs import ACTIONS, DEFAULT_QUOTA
from provisioning.drivers.memory import raise_fence
from provisioning.drivers.protocol import (
    Capabilities,
    Change,
    Dedupe,
    EffectRecord,
    Fencing,
    Json,
    Measurement,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
    TemporaryError,
)
from provisioning.drivers.registry import check_spec
from provisioning.drivers.wording import counted

CHANGES: Final = {"create": Change.CREATE, "update": Change.UPDATE, "unchanged": Change.KEEP}
UNPUBLISHED = frozenset({ProductStatus.PROPOSED, ProductStatus.DRAFT})


@dataclass(frozen=True)
class Action:
    plan: Callable[[Step], list[PlannedEffect]]
    observe: Callable[[Step], Observed]
    ensure: Callable[[Step], Observed]
    remove: Callable[[Step], None]


class CatalogDriver:
    """Writes catalogue entries as the portal itself; the requester's rights were checked before."""

    name: ClassVar[str] = "catalog"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.NATIVE, Dedupe.OBSERVE)
    actions: ClassVar[Mapping[str, Json]] = ACTIONS

    def plan(self, step: Step) -> list[PlannedEffect]:
        """What `ensure` would change."""
        return _action(self, step).plan(step)

    def observe(self, step: Step) -> Observed:
        """What is there now."""
        return _action(self, step).observe(step)

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Make it so; the fence is compared and raised in the same transaction."""
        del effect_key  # the catalogue itself says what was done
        action = _action(self, step)
        return _fenced(step, fence, lambda: action.ensure(step))

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Take away what this instance made; what was published is retired, not deleted."""
        del effect_key  # the catalogue itself says what was done
        action = _action(self, step)

        def work() -> Observed:
            action.remove(step)
            return Observed(exists=False, fence=fence)

        return _fenced(step, fence, work)

    def measure(self, step: Step) -> Measurement:
        """The catalogue holds no data to measure."""
        raise PermanentError("The catalogue has no rows to check.")


def _action(driver: CatalogDriver, step: Step) -> Action:
    check_spec(driver, step.action, step.spec)
    return BY_NAME[step.action]


def _fenced(step: Step, fence: int, work: Callable[[], Observed]) -> Observed:
    try:
        with transaction.atomic():
            raise_fence(f"instance:{step.instance_id}", fence)
            return work()
    except OperationalError as error:
        raise TemporaryError("The portal's database did not answer in time.") from error
    except Invalid as error:
        mends = " ".join(problem.message for problem in error.problems)
        raise PermanentError(mends or str(error)) from error
    except DomainError as error:
        raise PermanentError(str(error)) from error


# --- check: names are free, domain and team are known, the team has room -------------------------


def _check_plan(step: Step) -> list[PlannedEffect]:
    return []


def _check_observe(step: Step) -> Observed:
    fqn = f"{step.spec['domain']}.{step.spec['slug']}"
    return Observed(exists=True, summary=f"names of {fqn}", attributes={"fqn": fqn})


def _check_ensure(step: Step) -> Observed:
    spec = step.spec
    domain, team = _place(spec)
    product = DataProduct.objects.filter(document_id=spec["document_id"]).first()
    if product is not None and product.owner_id != team.pk:
        raise PermanentError("Another team owns this product id.")
    observed = _check_observe(step)
    fqn = observed.attributes["fqn"]
    problems = list(name_problems(spec["slug"], fqn, product, "/slug"))
    if problems:
        raise Invalid("The name cannot be used.", problems)
    _check_contract(spec, team)
    if product is None:
        _check_quota(spec, team)
    step.log("info", "catalog", f"{fqn} is free; {team.name} in {domain.name} has room for it.")
    return observed


def _check_contract(spec: Json, team: Team) -> None:
    contract = DataContract.objects.filter(document_id=spec.get("contract_id", "")).first()
    if contract is not None and contract.owner_id != team.pk:
        raise PermanentError("Another team owns this contract id.")


def _check_quota(spec: Json, team: Team) -> None:
    quota = spec.get("quota", DEFAULT_QUOTA)
    held = DataProduct.objects.filter(owner=team).exclude(status=ProductStatus.RETIRED).count()
    if held >= quota:
        raise PermanentError(f"{team.name} has {held} products; its quota is {quota}.")


def _check_remove(step: Step) -> None:
    """Nothing was made."""


# --- contract -------------------------------------------------------------------------------------


def _document(step: Step) -> Document:
    """The contract; requests are judged before, so one that cannot be read was not made by us."""
    try:
        return load_documents(step.spec["text"])[0]
    except DocumentError as error:
        raise PermanentError("The contract cannot be read.") from error


def _contract_plan(step: Step) -> list[PlannedEffect]:
    change = Change.KEEP if _version(step) else Change.CREATE
    undone = "The contract version is removed unless a port of another product names it."
    return [PlannedEffect("contract", _contract_name(step), change, undone)]


def _contract_observe(step: Step) -> Observed:
    version = _version(step)
    if version is None or version.document != _document(step).data:
        return Observed(exists=False)
    return _contract_observed(step, version, Change.KEEP)


def _contract_ensure(step: Step) -> Observed:
    domain, team = _place(step.spec)
    version, action = contracts.save_version(
        document=_document(step),
        actor=system_actor(),
        owner=team,
        domain=domain,
        visibility="restricted",  # until a published port shows it
        instance_id=step.instance_id,
    )
    step.log("info", "catalog", f"Contract {_contract_name(step)}: {action}.")
    return _contract_observed(step, version, CHANGES[action])


def _contract_remove(step: Step) -> None:
    version = _version(step)
    if version is None or version.instance_id != step.instance_id:
        return
    if version.output_ports.exists():  # a retired product keeps its contract
        return
    contracts.remove_version(version=version, actor=system_actor())
    step.log("info", "catalog", f"Contract {_contract_name(step)} removed.")


def _version(step: Step) -> ContractVersion | None:
    document = _document(step).data
    return (
        ContractVersion.objects.filter(
            contract__document_id=str(document.get("id", "")),
            version=str(document.get("version", "")),
        )
        .select_related("contract")
        .first()
    )


def _contract_name(step: Step) -> str:
    document = _document(step).data
    return f"{document.get('name') or document.get('id', '')} {document.get('version', '')}".strip()


def _contract_observed(step: Step, version: ContractVersion, change: Change) -> Observed:
    attributes = {
        "contract": str(version.contract_id),
        "document_id": version.contract.document_id,
        "version": version.version,
    }
    effect = EffectRecord("contract", _contract_name(step), {**attributes, "change": change})
    return Observed(True, summary=effect.name, effects=(effect,), attributes=attributes)


# --- product --------------------------------------------------------------------------------------


def _product_plan(step: Step) -> list[PlannedEffect]:
    known = _product(step)
    change = Change.UPDATE if known else Change.CREATE
    undone = "A draft is deleted; a published product is retired."
    fqn = f"{step.spec['domain']}.{step.spec['slug']}"
    ports = [f"{fqn}/{port['name']}@{port.get('major', 1)}" for port in step.spec["ports"]]
    return [
        PlannedEffect("product", fqn, change, undone),
        *(PlannedEffect("port", name, change, "It goes with its product.") for name in ports),
    ]


def _product_observe(step: Step) -> Observed:
    product = _product(step)
    if product is None or product.status == ProductStatus.RETIRED:
        return Observed(exists=False)
    return _product_observed(product, Change.KEEP)


def _product_ensure(step: Step) -> Observed:
    domain, team = _place(step.spec)
    data = product_data(step, domain, team, _product(step))
    product, action = products.save_product(data=data, actor=system_actor())
    step.log("info", "catalog", f"Catalogue entry {product.fqn}: {action}.")
    return _product_observed(product, CHANGES[action])


def _product_remove(step: Step) -> None:
    product = _product(step)
    if product is None or product.instance_id != step.instance_id:
        return
    actor = system_actor()
    if product.status in UNPUBLISHED and product.published_at is None:
        products.remove_product(product=product, actor=actor)
        step.log("info", "catalog", f"Catalogue entry {product.fqn} removed.")
        return
    if product.status == ProductStatus.ACTIVE:
        product = products.deprecate_product(product=product, actor=actor)
    if product.status != ProductStatus.RETIRED:
        products.retire_product(product=product, actor=actor)
    step.log("info", "catalog", f"{product.fqn} was published: retired, its history is kept.")


def _product(step: Step) -> DataProduct | None:
    return DataProduct.objects.filter(document_id=step.spec["document_id"]).first()


def _product_observed(product: DataProduct, change: Change) -> Observed:
    ports = list(product.output_ports.values_list("fqn", flat=True))
    attributes = {"product": product.fqn, "product_id": str(product.pk), "ports": ports}
    effect = EffectRecord("product", product.fqn, {"change": change, "ports": ports})
    return Observed(True, summary=product.fqn, effects=(effect,), attributes=attributes)


# --- checks: the contract's rules become quality checks of the product's ports -------------------


def _checks_plan(step: Step) -> list[PlannedEffect]:
    undone = "The checks go with the catalogue entry."
    return [PlannedEffect("checks", "quality checks of the contract", Change.CREATE, undone)]


def _checks_observe(step: Step) -> Observed:
    product = DataProduct.objects.filter(instance_id=step.instance_id).first()
    if product is None:
        return Observed(exists=False)
    active = QualityCheck.objects.filter(port__product=product, active=True).count()
    made = all(quality.is_in_sync(port) for port in product.output_ports.all())
    return Observed(made, summary=f"{active} checks", attributes={"checks": active})


def _checks_ensure(step: Step) -> Observed:
    product = DataProduct.objects.filter(instance_id=step.instance_id).first()
    if product is None:
        raise PermanentError("The catalogue entry is not there (any more).")
    active = sum(quality.sync_checks(port=port) for port in product.output_ports.all())
    step.log("info", "catalog", f"{counted(active, 'quality check')} from the contract.")
    effect = EffectRecord("checks", product.fqn, {"change": Change.UPDATE, "checks": active})
    return Observed(
        True, summary=f"{active} checks", effects=(effect,), attributes={"checks": active}
    )


def _checks_remove(step: Step) -> None:
    """They go with the catalogue entry."""


def _place(spec: Json) -> tuple[Domain, Team]:
    domain = Domain.objects.filter(path=spec["domain"]).first()
    team = Team.objects.filter(slug=spec["team"]).first()
    if domain is None:
        raise PermanentError(f"There is no domain {spec['domain']}.")
    if team is None:
        raise PermanentError(f"There is no team {spec['team']}.")
    return domain, team


BY_NAME: Final[Mapping[str, Action]] = {
    "check": Action(_check_plan, _check_observe, _check_ensure, _check_remove),
    "contract": Action(_contract_plan, _contract_observe, _contract_ensure, _contract_remove),
    "product": Action(_product_plan, _product_observe, _product_ensure, _product_remove),
    "port": Action(ports.plan, ports.observe, ports.ensure, ports.remove),
    "domain": Action(domains.plan, domains.observe, domains.ensure, domains.remove),
    "checks": Action(_checks_plan, _checks_observe, _checks_ensure, _checks_remove),
}
