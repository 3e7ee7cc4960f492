"""What the drift sidecars' counts say of a revision's traffic: windows, their judgement, and the evidence. Pure."""
