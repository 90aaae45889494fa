from django.urls import path

from catalog.contracts import views

app_name = "contracts"
urlpatterns = [
    path("contracts/<uuid:contract_id>/", views.contract, name="contract"),
    path("contracts/<uuid:contract_id>/diff/", views.changes, name="diff"),
    path("contracts/<uuid:contract_id>/source/<str:version>/", views.source, name="source"),
]
