"""Settings come from environment variables only; README.md lists them."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from portal.mail_url import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str, default: str = "0") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def names(name: str, default: str = "") -> list[str]:
    return [part for part in os.environ.get(name, default).split(",") if part]


DEMO = flag("PORTAL_DEMO")
DEMO_PASSWORD = os.environ.get("PORTAL_DEMO_PASSWORD", "")
DEBUG = flag("PORTAL_DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY", "")
FIELD_KEYS = os.environ.get("FIELD_KEYS", "")
PORTAL_URL = os.environ.get("PORTAL_URL", "http://127.0.0.1:8000/")
PORTAL_NAME = os.environ.get("PORTAL_NAME", "Fernhaven data platform")
ALLOWED_HOSTS = names("ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(PORTAL_URL))]
DATA_DIR = Path(os.environ.get("PORTAL_DATA_DIR", BASE_DIR / ".portal"))
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "axes",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "graphene_django",
    "core",
    "accounts",
    "catalog.search",
    "catalog.governance",
    "catalog.contracts",
    "catalog.products",
    "catalog.lineage",
    "catalog.quality",
    "provisioning.drivers",
    "provisioning.jobs",
    "provisioning.blueprints",
    "provisioning.requests",
    "provisioning.access",
    "provisioning.logins",
    "provisioning.consent",
    "provisioning.recertification",
    "portal.feed",
    "portal",
    "portal.ops",
]

MIDDLEWARE = [
    "core.middleware.request_context",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.middleware.server_timing",
    "core.middleware.outages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SessionLimits",
    "accounts.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.conditional.conditional_reads",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.bodies.BoundedBodies",
    "core.middleware.DomainErrors",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "portal.context.frame",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",  # the API docs page
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.static",
                "core.templatetags.meshport",
                "core.templatetags.panels",
            ],
        },
    }
]

# --- database -------------------------------------------------------------------------------
# OWNER migrates; the application's own role owns nothing (SECURITY §1.15).
DATABASE_URL = os.environ.get("DATABASE_URL", "")
_database_url = DATABASE_URL
if flag("PORTAL_AS_OWNER"):
    _database_url = os.environ.get("DATABASE_OWNER_URL") or DATABASE_URL
DATABASES = {"default": dj_database_url.parse(_database_url or "postgresql:///portal")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if flag("PORTAL_DB_POOL"):
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        "pool": {
            "min_size": 2,
            "max_size": int(os.environ.get("PORTAL_THREADS", "16")) + 2,
            # seconds that a request waits for a connection before it answers 503, and that the
            # pool tries for before it waits for the next request; it would wait ever longer
            "timeout": 3,
            "reconnect_timeout": 0.5,
        },
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
PORTAL_DB_PREPARE = flag("PORTAL_DB_PREPARE", "1")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The PostgreSQL into which the built-in driver provisions; where consumers reach it.
WAREHOUSE_URL = os.environ.get("WAREHOUSE_URL", "")
WAREHOUSE_PUBLIC_HOST = os.environ.get("WAREHOUSE_PUBLIC_HOST", "")
WAREHOUSE_PUBLIC_PORT = os.environ.get("WAREHOUSE_PUBLIC_PORT", "")
GIT_FOLDER = Path(os.environ.get("GIT_FOLDER", DATA_DIR / "git"))
LINEAGE_KEEP_DAYS = int(os.environ.get("LINEAGE_KEEP_DAYS", "30"))  # of events and runs
LINEAGE_EDGE_DAYS = int(os.environ.get("LINEAGE_EDGE_DAYS", "180"))  # of edges not seen again
GIT_KEEP_DAYS = int(os.environ.get("GIT_KEEP_DAYS", "30"))  # of retired repositories
GIT_PUBLIC_URL = os.environ.get("GIT_PUBLIC_URL", "")

# --- the way out (SECURITY §1.5): what targets and webhooks may be --------------------------------
OUTBOUND_HTTP = flag("OUTBOUND_HTTP")
OUTBOUND_INNER_HOSTS = names("OUTBOUND_INNER_HOSTS")

# --- mail ------------------------------------------------------------------------------------
_mail = mail_server(os.environ.get("EMAIL_URL", ""))
MAIL_ON = bool(_mail.host)
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.ssl, _mail.tls
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", f"portal@{urlsplit(PORTAL_URL).hostname}")

# --- broker: wakes workers, keeps nothing (RELIABILITY §3.2) -----------------------------------
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = False
# Celery would open a connection for each task; the worker closes old and broken ones itself.
CELERY_DB_REUSE_MAX = 1_000
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {  # an absent broker costs a request a second, once in a while
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "connect_retries_timeout": 1,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
LEASE_S = int(os.environ.get("PORTAL_LEASE_S", "30"))  # a silent worker loses its job after that
STEP_S = 120  # a step that takes longer hangs, and its worker loses the job
AUTOMATIC_REPAIR = flag("PORTAL_REPAIR")  # else what differs in a target is shown and offered
PASSWORD_DAYS = int(os.environ.get("PORTAL_PASSWORD_DAYS", "90"))  # of a grant's logins; 0: no end
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False

# --- people ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.PeopleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "accounts:login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_IPWARE_PROXY_COUNT = 0

_https = PORTAL_URL.startswith("https://")
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # seconds; absolute
SESSION_IDLE_S = 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False  # the proxy's work
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024  # each parser has its own, smaller limit
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# --- interfaces -----------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ActorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.authentication.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.json_body.JSONObjectParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.rest.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Meshport",
    "VERSION": "1",
    "DESCRIPTION": (
        "Everything the pages show and do, for scripts. Make a token under *API tokens* and send "
        "it as `Authorization: Bearer <token>`; here your session does. Lists have `results` and "
        "`next`; errors are `application/problem+json` with a stable `type`; writes take an "
        "`Idempotency-Key`. `docs/how-to/script-the-portal.md` has a client in one file."
    ),
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.openapi.with_problems",
        "core.openapi.with_names",
        "core.openapi.with_conditions",
        "portal.rest.examples.with_examples",
        "core.openapi.with_words",
    ],
    "ENUM_NAME_OVERRIDES": {  # those that several answers have
        "OperationStateEnum": "provisioning.jobs.states.OperationState",
        "GrantStateEnum": "provisioning.access.states.GrantState",
        "ExtensionStateEnum": "provisioning.access.states.ExtensionState",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
GRAPHENE = {"SCHEMA": "portal.graphql.schema.schema", "ATOMIC_MUTATIONS": False}
LINEAGE_HIDDEN = os.environ.get("LINEAGE_HIDDEN", "count")  # or omit: a Hidden of lineage
GRAPHQL_BUDGET = int(os.environ.get("GRAPHQL_BUDGET", "500000"))  # cost an actor has a minute

# --- files, language, logs ------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("PORTAL_STATIC_ROOT", DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "core.static_files.StaticFiles"
        if flag("PORTAL_STATIC_BUILT")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = not flag("PORTAL_STATIC_BUILT")
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "core.logs.json_formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": os.environ.get("PORTAL_LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "axes": {"level": "WARNING"}},
}
LOGGING_CONFIG = "core.logs.configure"
