"""The labels' process: takes outcomes and sampled predictions into PostgreSQL, and tells the operator what they say."""
