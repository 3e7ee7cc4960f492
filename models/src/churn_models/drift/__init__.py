"""Traffic in counts: what a drift sidecar tells of its pod, and the operator adds up over pods and over time."""
