"""The report of a search: what was tried, what was proved, and why the winner won."""
