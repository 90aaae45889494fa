from django.urls import path

from catalog.quality.views import badges, checks, domains, running

app_name = "quality"
urlpatterns = [
    path("products/<str:fqn>/checks/", running.run_checks, name="run"),
    path("products/<str:fqn>/checks/<int:check_id>/", checks.check, name="check"),
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
