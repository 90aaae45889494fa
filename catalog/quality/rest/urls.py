from django.urls import path

from catalog.quality.rest import incidents, results, views

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
]
