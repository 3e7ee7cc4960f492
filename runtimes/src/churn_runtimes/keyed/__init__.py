"""Rows that name their customer in place of features of the stream, which then come from the state store."""
