"""Runtimes of single members where the stock ones cannot read the safe formats."""
