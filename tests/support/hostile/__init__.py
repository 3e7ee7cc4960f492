"""Bundles that somebody has made who can write every file and digest of them, and a process that loads them."""
