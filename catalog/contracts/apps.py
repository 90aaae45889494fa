from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "catalog.contracts"
    label = "contracts"
