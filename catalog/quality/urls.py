from django.urls import path

from catalog.quality.views import incidents, reporting, running

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
]
