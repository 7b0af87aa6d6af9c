"""The API that scripts written for Codio's public API v1 find here (ADR 0111)."""
