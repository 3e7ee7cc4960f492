"""Scoring a bundle by the members' own stock libraries (extra `scoring`)."""
