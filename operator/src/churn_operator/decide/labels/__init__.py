"""What late labels say of the versions that scored: evidence and verdicts, pure. Rules 8 to 10 read them."""
