"""Builders: one pure function per kind of child, from a ChurnModel to the manifest to apply."""
