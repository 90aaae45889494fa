"""What each role gets from each route and root field. A change here is a change of rights."""

# visitor, member, contributor, owner, domain owner, steward, platform, admin,
# token that only reads, token of the team. `login`: sent to the login page.
Row = str

PAGE = "login 200 200 200 200 200 200 200 login login"
NO_SUCH_METHOD = "login 405 405 405 405 405 405 405 login login"
PAGE_OF_THE_TEAM = "login 404 200 200 200 200 200 200 login login"
EVERYBODY = "200 200 200 200 200 200 200 200 200 200"
NOBODY = "405 405 405 405 405 405 405 405 405 405"
MEMBERS = "401 200 200 200 200 200 200 200 200 200"
OF_THE_TEAM = "401 404 200 200 200 200 200 200 200 200"
INCOMPLETE = "401 422 422 422 422 422 422 422 403 422"
UNREADABLE = "401 400 400 400 400 400 400 400 403 400"
SEEN = "401 seen seen seen seen seen seen seen seen seen"
NULL_OUTSIDE = "401 null seen seen seen seen seen seen seen seen"
EMPTY_OUTSIDE = "401 empty seen seen seen seen seen seen seen seen"

OPEN = frozenset(  # to visitors
    {
        "portal:livez",
        "portal:readyz",
        "portal:openapi",
        "accounts:login",
        "accounts:set-password",
    }
)

HTML: dict[tuple[str, str], Row] = {
    ("portal:home", "get"): PAGE,
    ("portal:home", "post"): NO_SUCH_METHOD,
    ("portal:domains", "get"): PAGE,
    ("portal:domains", "post"): NO_SUCH_METHOD,
    ("portal:domain", "get"): PAGE,
    ("portal:domain", "post"): NO_SUCH_METHOD,
    ("portal:team", "get"): PAGE,
    ("portal:team", "post"): NO_SUCH_METHOD,
    ("portal:graphql", "get"): PAGE,
    ("portal:graphql", "post"): "401 415 415 415 415 415 415 415 415 415",
    ("portal:livez", "get"): EVERYBODY,
    ("portal:livez", "post"): NOBODY,
    ("portal:readyz", "get"): "503 503 503 503 503 503 503 503 503 503",
    ("portal:readyz", "post"): NOBODY,
    ("portal:api-docs", "get"): PAGE,
    ("portal:api-docs", "post"): NO_SUCH_METHOD,
    ("accounts:login", "get"): "200 302 302 302 302 302 302 302 200 200",
    ("accounts:login", "post"): "200 302 302 302 302 302 302 302 200 200",
    ("accounts:logout", "get"): NO_SUCH_METHOD,
    ("accounts:logout", "post"): "login 302 302 302 302 302 302 302 login login",
    ("accounts:set-password", "get"): EVERYBODY,
    ("accounts:set-password", "post"): EVERYBODY,
    ("accounts:tokens", "get"): PAGE,
    ("accounts:tokens", "post"): "login 422 422 422 422 422 422 422 login login",
    ("accounts:token-revoke", "get"): NO_SUCH_METHOD,
    ("accounts:token-revoke", "post"): "login 404 404 302 404 404 404 404 login login",
    ("search:marketplace", "get"): PAGE,
    ("search:marketplace", "post"): NO_SUCH_METHOD,
    ("contracts:contract", "get"): PAGE_OF_THE_TEAM,
    ("contracts:contract", "post"): NO_SUCH_METHOD,
    ("contracts:source", "get"): PAGE_OF_THE_TEAM,
    ("contracts:source", "post"): NO_SUCH_METHOD,
    ("products:product", "get"): PAGE_OF_THE_TEAM,
    ("products:product", "post"): NO_SUCH_METHOD,
    ("products:publish", "get"): NO_SUCH_METHOD,
    ("products:publish", "post"): "login 404 422 422 403 403 403 422 login login",
    ("products:port", "get"): PAGE_OF_THE_TEAM,
    ("products:port", "post"): NO_SUCH_METHOD,
    ("lineage:explorer", "get"): PAGE,
    ("lineage:explorer", "post"): NO_SUCH_METHOD,
    ("quality:run", "get"): NO_SUCH_METHOD,
    ("quality:run", "post"): "login 404 302 302 403 403 403 302 login login",
    ("jobs:operation", "get"): PAGE_OF_THE_TEAM,
    ("jobs:operation", "post"): NO_SUCH_METHOD,
    ("jobs:log", "get"): PAGE_OF_THE_TEAM,
    ("jobs:log", "post"): NO_SUCH_METHOD,
    ("jobs:cancel", "get"): NO_SUCH_METHOD,
    ("jobs:cancel", "post"): "login 404 302 302 403 403 302 302 login login",
    ("jobs:retry", "get"): NO_SUCH_METHOD,
    ("jobs:retry", "post"): "login 404 409 409 403 403 409 409 login login",
    ("jobs:resources", "get"): PAGE,
    ("jobs:resources", "post"): NO_SUCH_METHOD,
    ("blueprints:services", "get"): PAGE,
    ("blueprints:services", "post"): NO_SUCH_METHOD,
    ("blueprints:request-new", "get"): PAGE,
    ("blueprints:request-new", "post"): "login 422 422 422 422 422 422 422 login login",
    ("blueprints:options", "get"): PAGE,
    ("blueprints:options", "post"): NO_SUCH_METHOD,
    ("blueprints:review", "get"): "login 302 302 302 302 302 302 302 login login",
    ("blueprints:review", "post"): "login 404 404 404 404 404 404 404 login login",
    ("requests:requests", "get"): PAGE,
    ("requests:requests", "post"): NO_SUCH_METHOD,
    ("requests:request", "get"): "login 404 200 200 404 200 200 200 login login",
    ("requests:request", "post"): NO_SUCH_METHOD,
    ("requests:decide", "get"): NO_SUCH_METHOD,
    ("requests:decide", "post"): "login 404 403 302 404 403 403 302 login login",
    ("requests:cancel", "get"): NO_SUCH_METHOD,
    ("requests:cancel", "post"): "login 404 403 403 404 403 403 302 login login",
    ("requests:approvals", "get"): PAGE,
    ("requests:approvals", "post"): NO_SUCH_METHOD,
    ("access:mine", "get"): PAGE,
    ("access:mine", "post"): NO_SUCH_METHOD,
    ("access:ask", "get"): "login 302 302 302 302 302 302 302 login login",
    ("access:ask", "post"): "login 302 302 302 302 302 302 302 login login",
    ("access:grant", "get"): PAGE_OF_THE_TEAM,
    ("access:grant", "post"): NO_SUCH_METHOD,
    ("access:reveal", "get"): NO_SUCH_METHOD,
    ("access:reveal", "post"): "login 404 403 403 403 403 403 403 login login",
    ("access:new-password", "get"): NO_SUCH_METHOD,
    ("access:new-password", "post"): "login 404 403 403 403 403 403 403 login login",
    ("access:revoke", "get"): NO_SUCH_METHOD,
    ("access:revoke", "post"): "login 404 302 302 302 302 403 302 login login",
}

REST: dict[tuple[str, str], Row] = {
    ("portal:openapi", "get"): EVERYBODY,
    ("rest:search", "get"): MEMBERS,
    ("rest:search-suggest", "get"): MEMBERS,
    ("rest:products", "get"): MEMBERS,
    ("rest:product", "get"): OF_THE_TEAM,
    ("rest:product-descriptor", "get"): OF_THE_TEAM,
    ("rest:product-publish", "post"): "401 404 422 422 403 403 403 422 403 422",
    ("rest:product-deprecate", "post"): "401 404 409 409 403 403 403 409 403 409",
    ("rest:product-retire", "post"): "401 404 200 200 403 403 403 200 403 200",
    ("rest:catalog-linked-data", "get"): MEMBERS,
    ("rest:descriptors", "post"): UNREADABLE,
    ("rest:contracts", "get"): MEMBERS,
    ("rest:contract", "get"): OF_THE_TEAM,
    ("rest:contract-versions", "get"): OF_THE_TEAM,
    ("rest:lineage", "get"): OF_THE_TEAM,
    ("rest:lineage", "post"): INCOMPLETE,
    ("rest:lineage-batch", "post"): UNREADABLE,
    ("rest:product-quality", "get"): OF_THE_TEAM,
    ("rest:operation", "get"): OF_THE_TEAM,
    ("rest:operation-cancel", "post"): "401 404 202 202 403 403 202 202 403 202",
    ("rest:operation-retry", "post"): "401 404 409 409 403 403 409 409 403 409",
    ("rest:resources", "get"): MEMBERS,
    ("rest:rest-blueprints", "get"): MEMBERS,
    ("rest:rest-blueprint", "get"): MEMBERS,
    ("rest:rest-requests", "get"): MEMBERS,
    ("rest:rest-requests", "post"): INCOMPLETE,
    ("rest:rest-request", "get"): "401 404 200 200 404 200 200 200 200 200",
    ("rest:rest-request-decision", "post"): "401 404 403 200 404 403 403 200 403 200",
    ("rest:rest-request-cancel", "post"): "401 404 403 403 404 403 403 200 403 403",
    ("rest:rest-access-requests", "post"): INCOMPLETE,
    ("rest:rest-grants", "get"): MEMBERS,
    ("rest:rest-grant", "get"): OF_THE_TEAM,
    ("rest:rest-grant-revoke", "post"): "401 404 202 202 202 202 403 202 403 202",
    ("rest:rest-grant-credentials", "post"): "401 404 403 403 403 403 403 403 403 403",
}

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
    "domain": SEEN,
    "domains": SEEN,
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
    "team": SEEN,
    "viewer": SEEN,
}
