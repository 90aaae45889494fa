from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "provisioning.jobs"
    label = "jobs"
