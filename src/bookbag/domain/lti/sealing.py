"""The secrets of launches at rest: of LTI 1.1 keys, and Bookbag's own private key."""

from bookbag.domain.sealing import SecretBox

_BOX = SecretBox("bookbag.lti.sealing")

seal = _BOX.seal
unseal = _BOX.unseal
