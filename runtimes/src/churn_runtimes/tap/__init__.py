"""The server's end of drift detection: what requests bring goes to the sidecar, or is dropped and counted."""
