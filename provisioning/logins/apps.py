from django.apps import AppConfig

DESTROY_EVERY_S = 60
LEAVERS_EVERY_S = 30


class LoginsConfig(AppConfig):
    name = "provisioning.logins"
    label = "logins"

    def ready(self) -> None:
        """Keep what drivers hand over, end it with its holder, and show it on resources' pages."""
        from core import panels
        from provisioning.jobs import extensions as jobs
        from provisioning.logins import services
        from provisioning.logins.views import panels as login_panels

        jobs.on_secrets(services.seal_login)
        jobs.on_finished(services.settle_logins)
        jobs.periodic("logins-destroy", DESTROY_EVERY_S, services.destroy_unseen)
        jobs.periodic("logins-leavers", LEAVERS_EVERY_S, services.end_of_leavers)
        panels.register("resource.main", login_panels.people_at_work, order=-10)
