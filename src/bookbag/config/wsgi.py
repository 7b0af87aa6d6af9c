"""The WSGI application that web servers run."""

import os

from django.core.wsgi import get_wsgi_application

from bookbag.config.telemetry import start_tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbag.config.settings")
application = get_wsgi_application()
start_tracing("web")
