"""The V2 protocol's requests and answers, independent of how they travel."""
