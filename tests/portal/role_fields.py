"""What each role gets from each GraphQL field and mutation; columns as in `role_tables`."""

from tests.portal.role_tables import EMPTY_OUTSIDE, NULL_OUTSIDE, SEEN, Row

FIELDS: dict[str, Row] = {
    "cancel": (
        "401 not-found not-allowed not-allowed not-found "
        "not-allowed not-allowed done 403 not-allowed"
    ),
    "contract": NULL_OUTSIDE,
    "dataset": NULL_OUTSIDE,
    "decide": (
        "401 not-found not-allowed note-missing not-found "
        "not-allowed not-allowed note-missing 403 note-missing"
    ),
    "demands": SEEN,
    "domain": SEEN,
    "domains": SEEN,
    "extendAccess": (
        "401 not-found not-allowed not-allowed not-allowed "
        "not-allowed not-allowed not-requestable 403 not-allowed"
    ),
    "grants": EMPTY_OUTSIDE,
    "lineage": EMPTY_OUTSIDE,
    "operation": NULL_OUTSIDE,
    "outputPort": NULL_OUTSIDE,
    "product": NULL_OUTSIDE,
    "products": EMPTY_OUTSIDE,
    "publishProduct": (
        "401 not-found purpose-missing purpose-missing not-allowed "
        "not-allowed not-allowed purpose-missing 403 purpose-missing"
    ),
    "request": "401 null seen seen null seen seen seen seen seen",
    "requestAccess": (
        "401 unknown-port not-requestable not-requestable not-requestable "
        "not-requestable not-requestable not-requestable 403 not-requestable"
    ),
    "retry": (
        "401 not-found invalid-transition invalid-transition not-allowed "
        "not-allowed invalid-transition invalid-transition 403 invalid-transition"
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
    "viewer": SEEN,
}
