from django.urls import path

from catalog.governance.views import classes, glossary, policies

app_name = "governance"
urlpatterns = [
    path("policies/", policies.index, name="policies"),
    path("policies/new/", policies.new, name="policy-new"),
    path("policies/check/", policies.check, name="policy-check"),
    path("policies/<slug:slug>/", policies.policy, name="policy"),
    path("policies/<slug:slug>/edit/", policies.edit, name="policy-edit"),
    path("policies/<slug:slug>/enforce/", policies.enforce, name="policy-enforce"),
    path("policies/<slug:slug>/retire/", policies.retire, name="policy-retire"),
    path("classification/", classes.classes, name="classes"),
    path("glossary/", glossary.index, name="glossary"),
    path("glossary/new/", glossary.new, name="term-new"),
    path("glossary/<uuid:term_id>/", glossary.term, name="term"),
    path("glossary/<uuid:term_id>/edit/", glossary.edit, name="term-edit"),
    path("glossary/<uuid:term_id>/remove/", glossary.remove, name="term-remove"),
]
