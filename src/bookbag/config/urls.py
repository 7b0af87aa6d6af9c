"""All addresses: the faces' own, mounted."""

from django.contrib import admin
from django.urls import include, path

from bookbag.api.codio.hosts import PREFIX as CODIO_PREFIX
from bookbag.api.middleware import PREFIX

urlpatterns = [
    path("", include("bookbag.web.urls")),
    path(PREFIX.lstrip("/"), include("bookbag.api.urls")),
    path(CODIO_PREFIX, include("bookbag.api.codio.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("operator/", admin.site.urls),
]
