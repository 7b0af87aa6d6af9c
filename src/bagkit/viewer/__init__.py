"""The page inside every archive that shows it, from disk and without a network."""

from bagkit.viewer.page import ViewedFile, ViewerPage, summarise

__all__ = ["ViewedFile", "ViewerPage", "summarise"]
