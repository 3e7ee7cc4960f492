"""The learners: one per file, each a function that fits the encoded rows. `registry.LEARNERS` lists them."""
