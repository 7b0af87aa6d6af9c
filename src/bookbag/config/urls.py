"""All addresses: the faces' own, mounted."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from bookbag.api.codio.hosts import PREFIX as CODIO_PREFIX
from bookbag.api.middleware import PREFIX

# The operator's admin has no second factor of its own: people sign in as ever.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as its documentation says

urlpatterns = [
    path("", include("bookbag.web.urls")),
    path(PREFIX.lstrip("/"), include("bookbag.api.urls")),
    path(CODIO_PREFIX, include("bookbag.api.codio.urls")),
    path("accounts/", include("allauth.urls")),
    path("operator/", admin.site.urls),
]
