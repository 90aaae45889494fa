from django.urls import path

from catalog.lineage.views import claims, edges, explorer, namespaces

app_name = "lineage"
urlpatterns = [
    path("lineage/", explorer.explorer, name="explorer"),
    path("lineage/unmatched/", claims.unmatched, name="unmatched"),
    path("lineage/unmatched/claim/", claims.claim, name="claim"),
    path("lineage/unmatched/unclaim/", claims.unclaim, name="unclaim"),
    path("lineage/unmatched/ports/", claims.port_options, name="port-options"),
    path("lineage/namespaces/", namespaces.namespaces, name="namespaces"),
    path("lineage/namespaces/claim/", namespaces.claim, name="namespace-claim"),
    path("lineage/namespaces/release/", namespaces.release, name="namespace-release"),
    path("lineage/edges/new/", edges.edge_new, name="edge-new"),
    path("lineage/edges/<str:edge>/remove/", edges.edge_remove, name="edge-remove"),
]
