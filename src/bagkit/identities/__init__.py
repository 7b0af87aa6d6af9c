"""Finding people in texts and files, and putting pseudonyms in their place."""

from bagkit.identities.dictionary import Identity, IdentityDictionary, IdentityKind

__all__ = ["Identity", "IdentityDictionary", "IdentityKind"]
