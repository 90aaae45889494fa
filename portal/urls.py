"""All addresses (INTERFACE §3, §4). A room brings its own pages and REST routes."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from portal.graphql.views import graphql
from portal.views import comparing, domains, health, home, mail, notifications, palette, teams

portal_pages = [
    path("", home.home, name="home"),
    path("palette/", palette.palette, name="palette"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.read, name="notifications-read"),
    path("settings/notifications/", mail.mail, name="mail"),
    path("domains/", domains.domains, name="domains"),
    path("domains/<str:path>/", domains.domain, name="domain"),
    path("domains/<str:path>/edit/", domains.edit, name="domain-edit"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<slug:slug>/", teams.team, name="team"),
    path("graphql/", graphql, name="graphql"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/openapi.json", SpectacularAPIView.as_view(), name="openapi"),
    path(
        "api/docs/", SpectacularSwaggerSplitView.as_view(url_name="portal:openapi"), name="api-docs"
    ),
]

rest = [  # tried in this order: what machines send all day stands first
    path("", include("catalog.lineage.rest.urls")),
    path("", include("catalog.products.rest.urls")),
    path("", include("catalog.search.rest.urls")),
    path("", include("catalog.governance.rest.urls")),
    path("", include("catalog.contracts.rest.urls")),
    path("", include("accounts.rest.urls")),
    path("", include("portal.rest.urls")),
    path("", include("catalog.quality.rest.urls")),
    path("", include("provisioning.drivers.rest.urls")),
    path("", include("provisioning.jobs.rest.urls")),
    path("", include("provisioning.blueprints.rest.urls")),
    path("", include("provisioning.requests.rest.urls")),
    path("", include("provisioning.access.rest.urls")),
    path("", include("provisioning.logins.rest.urls")),
    path("", include("provisioning.consent.rest.urls")),
    path("", include("provisioning.recertification.rest.urls")),
    path("", include("portal.feed.rest.urls")),
]

marketplace_pages = [path("marketplace/compare/", comparing.compare, name="compare")]

urlpatterns = [
    path("api/v1/", include((rest, "rest"))),
    path("", include((portal_pages, "portal"))),
    path("", include("accounts.urls")),
    path("", include((marketplace_pages, "marketplace"))),
    path("", include("catalog.search.urls")),
    path("", include("catalog.governance.urls")),
    path("", include("catalog.contracts.urls")),
    path("", include("catalog.products.urls")),
    path("", include("catalog.lineage.urls")),
    path("", include("catalog.quality.urls")),
    path("", include("provisioning.drivers.urls")),
    path("", include("provisioning.jobs.urls")),
    path("", include("provisioning.blueprints.urls")),
    path("", include("provisioning.requests.urls")),
    path("", include("provisioning.access.urls")),
    path("", include("provisioning.logins.urls")),
    path("", include("provisioning.consent.urls")),
    path("", include("provisioning.recertification.urls")),
    path("", include("portal.feed.urls")),
]

handler403 = "portal.views.errors.forbidden"
handler404 = "portal.views.errors.not_found"
handler500 = "portal.views.errors.failed"
