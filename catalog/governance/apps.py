from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "catalog.governance"
    label = "governance"
