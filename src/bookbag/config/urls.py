"""All addresses: the faces' own, mounted."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("bookbag.web.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("operator/", admin.site.urls),
]
