"""The page inside every archive that shows it, from disk and without a network."""

from bagkit.viewer.page import PageState, ViewedFile, ViewerPage, summarise

__all__ = ["PageState", "ViewedFile", "ViewerPage", "summarise"]
