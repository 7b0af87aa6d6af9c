"""The ASGI application that web servers run."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbag.config.settings")
application = get_asgi_application()
