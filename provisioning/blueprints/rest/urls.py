from django.urls import path

from provisioning.blueprints.rest.views import BlueprintDetail, BlueprintList

urlpatterns = [
    path("blueprints", BlueprintList.as_view(), name="rest-blueprints"),
    path("blueprints/<str:name>", BlueprintDetail.as_view(), name="rest-blueprint"),
]
