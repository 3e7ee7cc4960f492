"""Scores all members of a bundle in one compiled pass, exactly as their stock libraries do, or by those libraries."""
