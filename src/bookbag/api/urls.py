"""The addresses of the API, under ``middleware.PREFIX``."""

from django.urls import path

from bookbag.api.application import api

urlpatterns = [path("", api.urls)]
