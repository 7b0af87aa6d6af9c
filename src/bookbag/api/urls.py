"""The addresses of the API, under ``middleware.PREFIX``."""

from django.urls import path

from bookbag.api import documentation
from bookbag.api.application import api

urlpatterns = [
    path("openapi.json", documentation.openapi, name="openapi"),
    path("docs", documentation.page, name="api-docs"),
    path("", api.urls),
]
