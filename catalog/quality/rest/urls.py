from django.urls import path

from catalog.quality.rest import badges, checks, domains, linked_data, results, views

urlpatterns = [
    path("quality-results", results.QualityResults.as_view(), name="quality-results"),
    path("products/<str:fqn>/quality", views.ProductQuality.as_view(), name="product-quality"),
    path(
        "products/<str:fqn>/quality/checks", checks.ProductChecks.as_view(), name="product-checks"
    ),
    path(
        "products/<str:fqn>/quality/checks/<int:check_id>",
        checks.ProductCheck.as_view(),
        name="product-check",
    ),
    path(
        "products/<str:fqn>/quality/checks/<int:check_id>/results",
        checks.CheckResults.as_view(),
        name="check-results",
    ),
    path(
        "products/<str:fqn>/quality/dqv",
        linked_data.ProductQualityLinked.as_view(),
        name="product-quality-dqv",
    ),
    path("products/<str:fqn>/badge", badges.ProductBadge.as_view(), name="product-badge"),
    path(
        "domains/<str:path>/quality-weights",
        domains.DomainWeighing.as_view(),
        name="domain-weights",
    ),
    path("domains/<str:path>/quality", domains.DomainQuality.as_view(), name="domain-quality"),
]
