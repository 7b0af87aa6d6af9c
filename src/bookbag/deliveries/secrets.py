"""The secrets of targets at rest."""

from bookbag.domain.sealing import SecretBox

_BOX = SecretBox("bookbag.deliveries.targets")

seal = _BOX.seal
unseal = _BOX.unseal
