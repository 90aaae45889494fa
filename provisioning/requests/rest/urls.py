from django.urls import path

from provisioning.requests.rest.deciding import (
    Delegations,
    OneDelegation,
    OneRule,
    RuleRetirement,
    Rules,
    RuleTest,
)
from provisioning.requests.rest.inbox import (
    ApprovalDecisions,
    Approvals,
    RequestFacts,
    RequestHistory,
)
from provisioning.requests.rest.views import (
    RequestCancel,
    RequestDecision,
    RequestDetail,
    RequestList,
    RequestReminder,
)

urlpatterns = [
    path("approvals", Approvals.as_view(), name="rest-approvals"),
    path("approvals/decisions", ApprovalDecisions.as_view(), name="rest-approvals-decide"),
    path("decision-rules", Rules.as_view(), name="rest-decision-rules"),
    path("decision-rules/test", RuleTest.as_view(), name="rest-decision-rule-test"),
    path("decision-rules/<uuid:pk>", OneRule.as_view(), name="rest-decision-rule"),
    path(
        "decision-rules/<uuid:pk>/retire",
        RuleRetirement.as_view(),
        name="rest-decision-rule-retire",
    ),
    path("delegations", Delegations.as_view(), name="rest-delegations"),
    path("delegations/<int:pk>", OneDelegation.as_view(), name="rest-delegation"),
    path("requests", RequestList.as_view(), name="rest-requests"),
    path("requests/<uuid:pk>", RequestDetail.as_view(), name="rest-request"),
    path("requests/<uuid:pk>/facts", RequestFacts.as_view(), name="rest-request-facts"),
    path("requests/<uuid:pk>/history", RequestHistory.as_view(), name="rest-request-history"),
    path("requests/<uuid:pk>/decision", RequestDecision.as_view(), name="rest-request-decision"),
    path("requests/<uuid:pk>/remind", RequestReminder.as_view(), name="rest-request-remind"),
    path("requests/<uuid:pk>/cancel", RequestCancel.as_view(), name="rest-request-cancel"),
]
