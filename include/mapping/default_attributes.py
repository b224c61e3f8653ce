"""Mapping targets that belong to no category (reference/flows.md section 4.3)."""

DEFAULT_ATTRIBUTES = ("remote_id", "title", "base_code")
"""Attributes that every category has beside Fashfed's own: where a merchant maps one of them, its value goes before
the product's own field."""
