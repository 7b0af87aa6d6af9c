"""The API for programs, ``/api/v1``: a face like the pages and the commands."""
