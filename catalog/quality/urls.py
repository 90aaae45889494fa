from django.urls import path

from catalog.quality.views import badges, checks, domains, incidents, reporting, running

app_name = "quality"
urlpatterns = [
    path("products/<str:fqn>/checks/", running.run_checks, name="run"),
    path("products/<str:fqn>/incidents/new/", reporting.report, name="incident-new"),
    path("products/<str:fqn>/quality-settings/", reporting.settings, name="settings"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/<uuid:pk>/", incidents.incident, name="incident"),
    path("incidents/<uuid:pk>/acknowledge/", incidents.acknowledge, name="incident-acknowledge"),
    path("incidents/<uuid:pk>/assign/", incidents.assign, name="incident-assign"),
    path("incidents/<uuid:pk>/note/", incidents.note, name="incident-note"),
    path("incidents/<uuid:pk>/resolve/", incidents.resolve, name="incident-resolve"),
    path("products/<str:fqn>/checks/<int:check_id>/", checks.check, name="check"),
    path("products/<str:fqn>/checks/<int:check_id>/run/", running.run_check, name="run-check"),
    path(
        "products/<str:fqn>/checks/<int:check_id>/results.csv",
        checks.results,
        name="check-results",
    ),
    path("products/<str:fqn>/badge.svg", badges.badge, name="badge"),
    path("products/<str:fqn>/badge/", badges.share, name="share-badge"),
    path("badges/<str:signed>.svg", badges.shared, name="shared-badge"),
    path("domains/<str:path>/quality/", domains.domain, name="domain"),
    path("domains/<str:path>/quality/weights/", domains.weights, name="weights"),
]
