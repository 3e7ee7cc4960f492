"""The custom resources as types: what users write, what the operator answers, and the CRDs made from both."""
