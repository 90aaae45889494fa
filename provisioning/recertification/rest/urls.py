from django.urls import path

from provisioning.recertification.rest.views import (
    CampaignDecisions,
    CampaignDetail,
    CampaignReviews,
    Campaigns,
    CampaignStop,
)

urlpatterns = [
    path("recertifications", Campaigns.as_view(), name="rest-campaigns"),
    path("recertifications/<uuid:pk>", CampaignDetail.as_view(), name="rest-campaign"),
    path(
        "recertifications/<uuid:pk>/reviews",
        CampaignReviews.as_view(),
        name="rest-campaign-reviews",
    ),
    path(
        "recertifications/<uuid:pk>/decisions",
        CampaignDecisions.as_view(),
        name="rest-campaign-decisions",
    ),
    path("recertifications/<uuid:pk>/stop", CampaignStop.as_view(), name="rest-campaign-stop"),
]
