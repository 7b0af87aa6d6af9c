"""Finding people in texts and files, and putting pseudonyms in their place."""

from bagkit.identities.dictionary import Identity, IdentityDictionary, IdentityKind
from bagkit.identities.scanning import REPLACED, ScanRules

__all__ = [
    "REPLACED",
    "Identity",
    "IdentityDictionary",
    "IdentityKind",
    "ScanRules",
]
