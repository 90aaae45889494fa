"""What each role gets from each GraphQL field and mutation; columns as in `role_tables`."""

from tests.portal.role_tables import EMPTY_OUTSIDE, NULL_OUTSIDE, SEEN, Row

FIELDS: dict[str, Row] = {
    "amendAccess": (
        "401 not-found not-allowed not-allowed not-found "
        "not-allowed not-allowed not-allowed 403 not-allowed"
    ),
    "answerConsent": (
        "401 not-found not-allowed not-allowed not-allowed "
        "not-allowed not-allowed done 403 not-allowed"
    ),
    "approvals": "401 empty empty seen empty empty empty seen seen seen",
    "cancel": (
        "401 not-found not-allowed not-allowed not-found "
        "not-allowed not-allowed done 403 not-allowed"
    ),
    "changeDecisionRule": (
        "401 not-found not-allowed done done not-allowed not-allowed done 403 done"
    ),
    "claimDataset": ("401 not-found done done not-found not-allowed not-allowed done 403 done"),
    "unclaimDataset": (
        "401 not-found invalid-transition invalid-transition not-found "
        "invalid-transition invalid-transition invalid-transition 403 invalid-transition"
    ),
    "drawLineageEdge": "401 not-found done done not-allowed done done done 403 done",
    "removeLineageEdge": "401 not-found done done not-found done done done 403 done",
    "columns": "401 empty empty empty empty empty empty empty empty empty",
    "lineageNamespaces": SEEN,
    "claimNamespace": "401 not-allowed not-allowed done not-allowed done done done 403 done",
    "releaseNamespace": "401 not-allowed not-allowed done not-allowed done done done 403 done",
    "unmatchedDatasets": "401 empty seen seen empty seen seen seen seen seen",
    "consents": EMPTY_OUTSIDE,
    "contract": NULL_OUTSIDE,
    "createDecisionRule": (
        "401 unknown-scope not-allowed done done not-allowed not-allowed done 403 done"
    ),
    "dataset": NULL_OUTSIDE,
    "decide": (
        "401 not-found not-allowed note-missing not-found "
        "not-allowed not-allowed note-missing 403 note-missing"
    ),
    "decideReviews": "401 not-found not-found done done done not-open done 403 done",
    "decisionRule": NULL_OUTSIDE,
    "decisionRules": EMPTY_OUTSIDE,
    "delegate": (
        "401 in-the-past in-the-past in-the-past in-the-past "
        "in-the-past in-the-past in-the-past 403 not-allowed"
    ),
    "delegations": "401 empty seen seen empty empty empty empty seen seen",
    "demands": SEEN,
    "domain": SEEN,
    "domains": SEEN,
    "endDelegation": "401 not-found done done not-found not-found not-found done 403 not-found",
    "deliveries": ("401 empty seen seen empty empty seen seen seen seen"),
    "events": SEEN,
    "extendAccess": (
        "401 not-found not-allowed not-allowed not-allowed "
        "not-allowed not-allowed not-requestable 403 not-allowed"
    ),
    "grant": NULL_OUTSIDE,
    "grants": EMPTY_OUTSIDE,
    "incident": NULL_OUTSIDE,
    "incidents": EMPTY_OUTSIDE,
    "acknowledgeIncident": "401 not-found done done done done not-allowed done 403 done",
    "assignIncident": "401 not-found done done done done not-allowed done 403 done",
    "noteOnIncident": "401 not-found done done done done not-allowed done 403 done",
    "resolveIncident": "401 not-found done done done done not-allowed done 403 done",
    "reportIncident": (  # of a draft
        "401 not-found invalid-transition invalid-transition invalid-transition "
        "invalid-transition not-allowed invalid-transition 403 invalid-transition"
    ),
    "runCheck": (
        "401 not-found check-not-runnable check-not-runnable not-allowed "
        "not-allowed not-allowed check-not-runnable 403 check-not-runnable"
    ),
    "configureQuality": "401 not-found done done not-allowed not-allowed not-allowed done 403 done",
    "weighDimensions": (
        "401 not-allowed not-allowed not-allowed done not-allowed not-allowed done 403 not-allowed"
    ),
    "lineage": EMPTY_OUTSIDE,
    "lineageCycles": "401 empty empty empty empty empty empty empty empty empty",
    "lineageImpact": NULL_OUTSIDE,
    "lineageOrphans": EMPTY_OUTSIDE,
    "lineagePath": NULL_OUTSIDE,
    "lineageSources": NULL_OUTSIDE,
    "offerWrites": ("401 not-found done done not-allowed not-allowed not-allowed done 403 done"),
    "operation": NULL_OUTSIDE,
    "outputPort": NULL_OUTSIDE,
    "overruleConsent": "401 not-found not-allowed done done not-allowed not-allowed done 403 done",
    "product": NULL_OUTSIDE,
    "products": EMPTY_OUTSIDE,
    "publishProduct": (
        "401 not-found purpose-missing purpose-missing not-allowed "
        "not-allowed not-allowed purpose-missing 403 purpose-missing"
    ),
    "recertification": "401 null null seen seen seen seen seen seen seen",
    "recertifications": "401 empty empty seen seen seen seen seen seen seen",
    "remind": (
        "401 not-found not-allowed not-allowed not-found "
        "not-allowed not-allowed too-soon 403 not-allowed"
    ),
    "request": "401 null seen seen null seen seen seen seen seen",
    "requestAccess": (
        "401 unknown-port not-requestable not-requestable not-requestable "
        "not-requestable not-requestable not-requestable 403 not-requestable"
    ),
    "requests": "401 empty seen seen empty seen seen seen seen seen",
    "retireDecisionRule": (
        "401 not-found not-allowed done done not-allowed not-allowed done 403 done"
    ),
    "retry": (
        "401 not-found invalid-transition invalid-transition not-allowed "
        "not-allowed invalid-transition invalid-transition 403 invalid-transition"
    ),
    "revokeAccess": "401 not-found done done done done not-allowed done 403 done",
    "startRecertification": (
        "401 unknown-scope not-allowed done done done not-allowed done 403 done"
    ),
    "stopRecertification": (
        "401 not-found not-found not-allowed not-allowed done not-allowed done 403 not-allowed"
    ),
    "submitRequest": (
        "401 unknown-blueprint unknown-blueprint unknown-blueprint unknown-blueprint "
        "unknown-blueprint unknown-blueprint unknown-blueprint 403 unknown-blueprint"
    ),
    "system": SEEN,
    "systems": SEEN,
    "team": SEEN,
    "term": SEEN,
    "terms": SEEN,
    "testDecisionRule": "401 done done done done done done done 403 done",
    "viewer": SEEN,
    "webhooks": "401 empty seen seen empty empty seen seen seen seen",
    "teams": SEEN,
    "contracts": EMPTY_OUTSIDE,
    "contractReaders": NULL_OUTSIDE,
    "search": SEEN,
    "suggest": EMPTY_OUTSIDE,
    "policy": SEEN,
    "policies": SEEN,
    "classifications": SEEN,
    "blueprint": SEEN,
    "blueprints": SEEN,
    "target": "401 null seen seen null null seen seen seen seen",
    "targets": "401 empty seen seen empty empty seen seen seen seen",
    "targetKinds": SEEN,
    "operations": EMPTY_OUTSIDE,
    "resource": NULL_OUTSIDE,
    "resources": EMPTY_OUTSIDE,
    "notifications": "401 empty empty empty empty empty empty empty empty empty",
    "demand": SEEN,
    "deprecateProduct": (
        "401 not-found invalid-transition invalid-transition not-allowed "
        "not-allowed not-allowed invalid-transition 403 invalid-transition"
    ),
    "retireProduct": "401 not-found done done not-allowed not-allowed not-allowed done 403 done",
    "handOverProduct": (
        "401 not-found not-allowed done done not-allowed not-allowed done 403 done"
    ),
    "followProduct": "401 not-found done done done done done done 403 done",
    "unfollowProduct": "401 not-found done done done done done done 403 done",
    "announce": "401 not-found done done not-allowed not-allowed not-allowed done 403 done",
    "comment": "401 not-found done done done done done done 403 done",
    "postDemand": "401 done done done done done done done 403 done",
    "acceptProduct": (
        "401 not-found invalid-transition invalid-transition invalid-transition "
        "not-allowed not-allowed invalid-transition 403 invalid-transition"
    ),
    "takeDemand": ("401 not-allowed done done not-allowed not-allowed not-allowed done 403 done"),
    "answerDemand": (
        "401 unknown-product done done not-allowed not-allowed not-allowed done 403 done"
    ),
    "declineDemand": "401 not-allowed not-allowed done done done done done 403 done",
    "abandonOperation": (
        "401 not-found not-allowed not-allowed not-allowed "
        "not-allowed invalid-transition invalid-transition 403 not-allowed"
    ),
    "voteForDemand": "401 done done not-allowed done done done done 403 not-allowed",
    "markNotificationsRead": "401 done done done done done done done 403 done",
    "repairResource": (
        "401 not-found invalid-transition invalid-transition not-allowed "
        "not-allowed invalid-transition invalid-transition 403 invalid-transition"
    ),
    "cancelOperation": "401 not-found done done not-allowed not-allowed done done 403 done",
    "persistedQueries": "401 empty empty empty empty empty empty empty empty empty",
    "persistQuery": "401 done done done done done done done 403 done",
    "forgetQuery": (
        "401 not-found not-found not-found not-found not-found not-found not-found 403 not-found"
    ),
}
