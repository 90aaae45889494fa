from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "catalog.governance"
    label = "governance"

    def ready(self) -> None:
        from catalog.governance.services.evaluating import evaluate_again
        from core import outbox

        outbox.subscribe("policy.changed", evaluate_again)
