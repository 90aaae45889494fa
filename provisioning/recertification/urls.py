from django.urls import path

from provisioning.recertification.views import campaigns

app_name = "recertification"
urlpatterns = [
    path("recertifications/", campaigns.campaigns, name="campaigns"),
    path("recertifications/new/", campaigns.new_campaign, name="campaign-new"),
    path("recertifications/<uuid:pk>/", campaigns.campaign, name="campaign"),
    path("recertifications/<uuid:pk>/export.csv", campaigns.export, name="campaign-export"),
    path("recertifications/<uuid:pk>/stop/", campaigns.stop, name="campaign-stop"),
]
