from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "catalog.contracts"
    label = "contracts"

    def ready(self) -> None:
        """Policies may speak of contracts."""
        from catalog.contracts import facts
        from catalog.governance.extensions import register_subjects
        from core import outbox

        register_subjects(facts.ContractSubjects())
        outbox.subscribe_many("contract.changed", facts.contracts_changed)
