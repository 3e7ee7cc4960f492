"""Features that a search proposes from types, and the test that they must pass."""
