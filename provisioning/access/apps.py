from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "provisioning.access"
    label = "access"

    def ready(self) -> None:
        """Take part in requests, jobs and the pages of products."""
        from provisioning.access import hooks

        hooks.register()
