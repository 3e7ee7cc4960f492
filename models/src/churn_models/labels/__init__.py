"""What late labels say of the versions that scored: which rows judge, what they weigh, figures and e-values. Pure.

The labels' process (`churn_runtimes.labels`) reads PostgreSQL and makes a report by these; the operator reads it.
"""
