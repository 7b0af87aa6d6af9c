"""What can be in the way of an erasure.

ErasureError
"""


class ErasureError(Exception):
    """The person cannot be erased now."""

    code = "erasure"
