from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "provisioning.requests"
    label = "requests"
