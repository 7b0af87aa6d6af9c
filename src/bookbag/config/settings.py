"""Django's settings, all of them from the environment."""

import os
import sys
from urllib.parse import unquote, urlsplit

import dj_database_url
import django_stubs_ext
from bootstrap_wrapper import get_bootstrap_dir
from csp.constants import NONE, SELF
from pythonjsonlogger.core import RESERVED_ATTRS

from bookbag.config.environment import parse_networks, parse_ranks, read_environment
from bookbag.config.local_files import load_or_make_secret_key, make_private_folder
from bookbag.config.postgresql import make_postgres_options
from bookbag.config.providers import read_providers
from bookbag.outbound.object_addresses import parse_bucket_address

# Django's generic classes take type arguments only in their stubs.
django_stubs_ext.monkeypatch()

ENVIRONMENT = read_environment(os.environ)
IS_PRODUCTION = ENVIRONMENT.text("BOOKBAG_MODE") == "production"
VAR = ENVIRONMENT.path("BOOKBAG_VAR")

# --- Bookbag's own settings --------------------------------------------------------

BOOKBAG_MODE = ENVIRONMENT.text("BOOKBAG_MODE")
BOOKBAG_VAR = VAR
BOOKBAG_BASE_URL = ENVIRONMENT.text("BOOKBAG_BASE_URL").rstrip("/")
BOOKBAG_QUEUE_URL = ENVIRONMENT.text("BOOKBAG_QUEUE_URL")
BOOKBAG_STORAGE_URL = ENVIRONMENT.text("BOOKBAG_STORAGE_URL")
BOOKBAG_STORAGE_ACCESS_KEY = ENVIRONMENT.text("BOOKBAG_STORAGE_ACCESS_KEY")
BOOKBAG_STORAGE_SECRET_KEY = ENVIRONMENT.text("BOOKBAG_STORAGE_SECRET_KEY")
BOOKBAG_STREAM_BYTES = ENVIRONMENT.number("BOOKBAG_STREAM_BYTES")
BOOKBAG_SHARD_WORKSPACES = ENVIRONMENT.number("BOOKBAG_SHARD_WORKSPACES")
BOOKBAG_SIGNED_LINK_SECONDS = ENVIRONMENT.number("BOOKBAG_SIGNED_LINK_SECONDS")
BOOKBAG_ACCEL_PREFIX = ENVIRONMENT.text("BOOKBAG_ACCEL_PREFIX")
WORKSPACES_STORE = ENVIRONMENT.store("BOOKBAG_WORKSPACES")
BOOKBAG_WORKSPACES = (
    VAR / "workspaces" if WORKSPACES_STORE else ENVIRONMENT.path("BOOKBAG_WORKSPACES")
)
BOOKBAG_WORKSPACES_ACCESS_KEY = ENVIRONMENT.text("BOOKBAG_WORKSPACES_ACCESS_KEY")
BOOKBAG_WORKSPACES_SECRET_KEY = ENVIRONMENT.text("BOOKBAG_WORKSPACES_SECRET_KEY")
BOOKBAG_RECEIPT_KEY = ENVIRONMENT.path("BOOKBAG_RECEIPT_KEY")
BOOKBAG_TERMS = ENVIRONMENT.text("BOOKBAG_TERMS")
BOOKBAG_ACCESS_DAYS = ENVIRONMENT.number("BOOKBAG_ACCESS_DAYS")
BOOKBAG_SESSION_DAYS = ENVIRONMENT.number("BOOKBAG_SESSION_DAYS")
BOOKBAG_EXPORT_RECORD_DAYS = ENVIRONMENT.number("BOOKBAG_EXPORT_RECORD_DAYS")
BOOKBAG_MAIL_DAYS = ENVIRONMENT.number("BOOKBAG_MAIL_DAYS")
BOOKBAG_TRUSTED_PROXIES = parse_networks(ENVIRONMENT.text("BOOKBAG_TRUSTED_PROXIES"))
BOOKBAG_EXPIRING_HOURS = ENVIRONMENT.number("BOOKBAG_EXPIRING_HOURS")
BOOKBAG_WEBHOOK_LOG_DAYS = ENVIRONMENT.number("BOOKBAG_WEBHOOK_LOG_DAYS")
BOOKBAG_PRIVATE_TARGETS = parse_networks(ENVIRONMENT.text("BOOKBAG_PRIVATE_TARGETS"))
BOOKBAG_SEAT_TYPES = ENVIRONMENT.words("BOOKBAG_SEAT_TYPES")
BOOKBAG_RANKS = parse_ranks(ENVIRONMENT.text("BOOKBAG_RANKS"))
BOOKBAG_LINK_DAYS = ENVIRONMENT.number("BOOKBAG_LINK_DAYS")
BOOKBAG_UNDO_DAYS = ENVIRONMENT.number("BOOKBAG_UNDO_DAYS")
BOOKBAG_LEASE_SECONDS = ENVIRONMENT.number("BOOKBAG_LEASE_SECONDS")
BOOKBAG_MAX_ATTEMPTS = ENVIRONMENT.number("BOOKBAG_MAX_ATTEMPTS")
BOOKBAG_MAX_FILE_BYTES = ENVIRONMENT.number("BOOKBAG_MAX_FILE_BYTES")
BOOKBAG_MAX_FILES = ENVIRONMENT.number("BOOKBAG_MAX_FILES")
BOOKBAG_MAX_BYTES = ENVIRONMENT.number("BOOKBAG_MAX_BYTES")
BOOKBAG_MAX_RUNNING = ENVIRONMENT.number("BOOKBAG_MAX_RUNNING")
BOOKBAG_MAX_RUNNING_PER_WORKSPACE = ENVIRONMENT.number(
    "BOOKBAG_MAX_RUNNING_PER_WORKSPACE"
)
BOOKBAG_MAX_KEPT_BYTES = ENVIRONMENT.number("BOOKBAG_MAX_KEPT_BYTES")
BOOKBAG_MAX_KEPT_BYTES_PER_WORKSPACE = ENVIRONMENT.number(
    "BOOKBAG_MAX_KEPT_BYTES_PER_WORKSPACE"
)
BOOKBAG_FREE_BYTES_FLOOR = ENVIRONMENT.number("BOOKBAG_FREE_BYTES_FLOOR")
BOOKBAG_UPLOADS = ENVIRONMENT.path("BOOKBAG_UPLOADS")
BOOKBAG_UPLOAD_MAX_BYTES = ENVIRONMENT.number("BOOKBAG_UPLOAD_MAX_BYTES")
BOOKBAG_UPLOAD_HOURS = ENVIRONMENT.number("BOOKBAG_UPLOAD_HOURS")
BOOKBAG_MAX_OWN_BYTES = ENVIRONMENT.number("BOOKBAG_MAX_OWN_BYTES")
BOOKBAG_MAX_OWN_BYTES_PER_WORKSPACE = ENVIRONMENT.number(
    "BOOKBAG_MAX_OWN_BYTES_PER_WORKSPACE"
)
BOOKBAG_IMPORT_MAX_FILES = ENVIRONMENT.number("BOOKBAG_IMPORT_MAX_FILES")
BOOKBAG_IMPORT_MAX_BYTES = ENVIRONMENT.number("BOOKBAG_IMPORT_MAX_BYTES")
BOOKBAG_WORKERS = ENVIRONMENT.number("BOOKBAG_WORKERS")
BOOKBAG_TOKEN_DAYS = ENVIRONMENT.number("BOOKBAG_TOKEN_DAYS")
BOOKBAG_SERVICE_TOKEN_SECONDS = ENVIRONMENT.number("BOOKBAG_SERVICE_TOKEN_SECONDS")
BOOKBAG_API_RATE = ENVIRONMENT.number("BOOKBAG_API_RATE")
BOOKBAG_CODIO_OAUTH_HOST = ENVIRONMENT.text("BOOKBAG_CODIO_OAUTH_HOST")
BOOKBAG_CODIO_API_HOST = ENVIRONMENT.text("BOOKBAG_CODIO_API_HOST")
BOOKBAG_CODIO_WAIT_SECONDS = ENVIRONMENT.number("BOOKBAG_CODIO_WAIT_SECONDS")
BOOKBAG_PASS_SECONDS = ENVIRONMENT.number("BOOKBAG_PASS_SECONDS")
BOOKBAG_LOG_LEVEL = ENVIRONMENT.text("BOOKBAG_LOG_LEVEL")
BOOKBAG_METRICS_TOKEN = ENVIRONMENT.text("BOOKBAG_METRICS_TOKEN")
BOOKBAG_OTLP_URL = ENVIRONMENT.text("BOOKBAG_OTLP_URL")
BOOKBAG_RECENT_SIGN_IN_MINUTES = ENVIRONMENT.number("BOOKBAG_RECENT_SIGN_IN_MINUTES")
BOOKBAG_INVITATION_DAYS = ENVIRONMENT.number("BOOKBAG_INVITATION_DAYS")
BOOKBAG_MAX_REQUEST_BYTES = ENVIRONMENT.number("BOOKBAG_MAX_REQUEST_BYTES")
BOOKBAG_WAKE_UP = "bookbag.config.queue.wake_worker"
"""The function that tells a worker that a job waits (see jobs.wakeup)."""
BOOKBAG_QUEUE_PROBE = "bookbag.config.queue.probe_queue"
"""The function that raises when the queue does not answer."""
BOOKBAG_MAIL_FOLDER = VAR / "mail"

# --- Django ------------------------------------------------------------------------

DEBUG = False
SECRET_KEY = ENVIRONMENT.text("BOOKBAG_SECRET_KEY")
if not SECRET_KEY and not IS_PRODUCTION:
    SECRET_KEY = load_or_make_secret_key(VAR)

_base = urlsplit(BOOKBAG_BASE_URL)
ALLOWED_HOSTS = [
    _base.hostname or "localhost",
    *ENVIRONMENT.words("BOOKBAG_ALLOWED_HOSTS"),
    *(
        host.partition(":")[0]
        for host in (BOOKBAG_CODIO_OAUTH_HOST, BOOKBAG_CODIO_API_HOST)
        if host
    ),
]
if not IS_PRODUCTION:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]

INSTALLED_APPS = [
    "bookbag.domain.people",
    "bookbag.domain.audit",
    "bookbag.domain.courses",
    "bookbag.domain.roleplay",
    "bookbag.domain.activity",
    "bookbag.domain.lti",
    "bookbag.domain.teaching",
    "bookbag.domain.access",
    "bookbag.exports",
    "bookbag.imports.projects",
    "bookbag.exports.invitations",
    "bookbag.deliveries",
    "bookbag.exports.schedules",
    "bookbag.exports.webhooks",
    "bookbag.exports.pseudonyms",
    "bookbag.imports.restoring",
    "bookbag.web",
    "bookbag.api",
    "bookbag.web.apps.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
]

MIDDLEWARE = [
    "bookbag.web.guards.TrustedProxyMiddleware",
    "bookbag.web.guards.RequestSizeMiddleware",
    "bookbag.web.guards.PrivateResponseMiddleware",
    "bookbag.web.middleware.RequestContextMiddleware",
    "bookbag.web.probes.ProbesMiddleware",
    "bookbag.api.middleware.ApiMiddleware",
    "bookbag.api.codio.hosts.CodioHostsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bookbag.web.guards.PlainTextMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bookbag.web.recency.ClientRedirectMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "bookbag.web.middleware.OriginMiddleware",
    "bookbag.web.middleware.SessionRotationMiddleware",
    "bookbag.web.middleware.TimeZoneMiddleware",
]

ROOT_URLCONF = "bookbag.config.urls"
WSGI_APPLICATION = "bookbag.config.wsgi.application"
ASGI_APPLICATION = "bookbag.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bookbag.web.context.frame",
            ],
        },
    },
]

DATABASES = {"default": dj_database_url.parse(ENVIRONMENT.text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE takes the write lock at BEGIN, so that two writers wait for each other
    # (busy timeout) where DEFERRED fails with "database is locked" (ADR 0010).
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = make_postgres_options(
        ENVIRONMENT.number("BOOKBAG_LEASE_SECONDS")
    ) | DATABASES["default"].get("OPTIONS", {})

# --- Sign-in -----------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_validators}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validators}.CommonPasswordValidator"},
    {"NAME": f"{_validators}.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = ENVIRONMENT.number("BOOKBAG_INVITATION_DAYS") * 86_400
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "bookbag.web.accounts.ClosedAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = ENVIRONMENT.text("BOOKBAG_MAIL_VERIFICATION")
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# As many tries as axes allows, so that it is axes that locks; codes are limited by it.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,20/5m/key"}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
SOCIALACCOUNT_ADAPTER = "bookbag.web.accounts.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = {}
if ENVIRONMENT.text("BOOKBAG_SIGN_IN_PROVIDERS"):
    SOCIALACCOUNT_PROVIDERS = read_providers(
        ENVIRONMENT.path("BOOKBAG_SIGN_IN_PROVIDERS")
    )
# A form that ends at another site is stopped by form-action; a link is not.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
MFA_ADAPTER = "bookbag.web.accounts.SealingMfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Bookbag"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
USERSESSIONS_TRACK_ACTIVITY = False
AXES_CLIENT_IP_CALLABLE = "bookbag.web.addresses.find_client_address"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "bookbag.web.accounts.name_tried_account"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_HTTP_RESPONSE_CODE = 429
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- What browsers may do ----------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}
if BOOKBAG_STORAGE_URL.startswith("s3:"):
    # Browsers count where a form's answer leads to as where the form goes.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(
        parse_bucket_address(BOOKBAG_STORAGE_URL).browser_origin
    )
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if IS_PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# --- Static files, language, time --------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [("bootstrap", get_bootstrap_dir())]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail --------------------------------------------------------------------------

_mail = urlsplit(ENVIRONMENT.text("BOOKBAG_MAIL_URL"))
DEFAULT_FROM_EMAIL = ENVIRONMENT.text("BOOKBAG_MAIL_FROM")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if _mail.scheme == "files":
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(make_private_folder(BOOKBAG_MAIL_FOLDER))
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 25)
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = not EMAIL_USE_SSL and EMAIL_PORT == 587
    EMAIL_TIMEOUT = 20

# --- Log ---------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "context": {"()": "bookbag.observing.ContextFilter"},
        "address": {"()": "bookbag.observing.AddressFilter"},
    },
    "formatters": {
        "text": {
            "format": "{asctime} {levelname} {name} {context}{message}",
            "style": "{",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{message}",
            "style": "{",
            "reserved_attrs": [*RESERVED_ATTRS, "context"],
            "rename_fields": {"asctime": "at", "levelname": "level"},
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": ENVIRONMENT.text("BOOKBAG_LOG_FORMAT"),
            "filters": ["context", "address"],
        },
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "bookbag": {"level": BOOKBAG_LOG_LEVEL},
        # One record a request: for a site, not for a terminal.
        "bookbag.web.middleware": {
            "level": BOOKBAG_LOG_LEVEL if IS_PRODUCTION else "WARNING"
        },
        "axes": {"level": "ERROR"},
        # Before any other handler, as one for errors, sees their records.
        "django.request": {"filters": ["address"]},
        "django.security.csrf": {"filters": ["address"]},
    },
}
