from django.apps import AppConfig


class BlueprintsConfig(AppConfig):
    name = "provisioning.blueprints"
    label = "blueprints"
