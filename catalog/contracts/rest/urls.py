from django.urls import path

from catalog.contracts.rest import views

urlpatterns = [
    path("contracts", views.ContractList.as_view(), name="contracts"),
    path("contracts/<uuid:contract_id>", views.Contract.as_view(), name="contract"),
    path(
        "contracts/<uuid:contract_id>/versions",
        views.ContractVersions.as_view(),
        name="contract-versions",
    ),
    path("contracts/<uuid:contract_id>/diff", views.ContractDiff.as_view(), name="contract-diff"),
]
