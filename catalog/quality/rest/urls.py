from django.urls import path

from catalog.quality.rest import (
    badges,
    checks,
    domains,
    incidents,
    linked_data,
    results,
    views,
)

urlpatterns = [
    path("quality-results", results.QualityResults.as_view(), name="quality-results"),
    path("products/<str:fqn>/quality", views.ProductQuality.as_view(), name="product-quality"),
    path(
        "products/<str:fqn>/incidents",
        incidents.ProductIncidents.as_view(),
        name="product-incidents",
    ),
    path(
        "products/<str:fqn>/quality-settings",
        incidents.ProductQualitySettings.as_view(),
        name="quality-settings",
    ),
    path("incidents", incidents.Incidents.as_view(), name="incidents"),
    path("incidents/<uuid:pk>", incidents.IncidentItem.as_view(), name="incident"),
    path(
        "incidents/<uuid:pk>/acknowledge",
        incidents.IncidentAcknowledge.as_view(),
        name="incident-acknowledge",
    ),
    path("incidents/<uuid:pk>/assign", incidents.IncidentAssign.as_view(), name="incident-assign"),
    path("incidents/<uuid:pk>/notes", incidents.IncidentNotes.as_view(), name="incident-notes"),
    path(
        "incidents/<uuid:pk>/resolve", incidents.IncidentResolve.as_view(), name="incident-resolve"
    ),
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
