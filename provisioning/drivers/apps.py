from django.apps import AppConfig


class DriversConfig(AppConfig):
    name = "provisioning.drivers"
    label = "drivers"
