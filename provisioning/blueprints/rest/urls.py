from django.urls import path

from provisioning.blueprints.rest.views import (
    BlueprintDetail,
    BlueprintList,
    BlueprintWithdraw,
    BrokerOffers,
)

urlpatterns = [
    path("blueprints", BlueprintList.as_view(), name="rest-blueprints"),
    path("blueprints/from-broker", BrokerOffers.as_view(), name="rest-blueprints-from-broker"),
    path("blueprints/<str:name>", BlueprintDetail.as_view(), name="rest-blueprint"),
    path(
        "blueprints/<str:name>/withdraw",
        BlueprintWithdraw.as_view(),
        name="rest-blueprint-withdraw",
    ),
]
