"""The audit chain as data: its records, how they are linked, checked and remembered. No client, no clock."""
