from django.urls import path

from provisioning.blueprints.rest.views import BlueprintDetail, BlueprintList, BlueprintWithdraw

urlpatterns = [
    path("blueprints", BlueprintList.as_view(), name="rest-blueprints"),
    path("blueprints/<str:name>", BlueprintDetail.as_view(), name="rest-blueprint"),
    path(
        "blueprints/<str:name>/withdraw",
        BlueprintWithdraw.as_view(),
        name="rest-blueprint-withdraw",
    ),
]
