"""Tables of customers as pyarrow's batches, from CSV, Parquet and PostgreSQL: the extra `tables`.

Training reads a whole table through here, and table scoring one batch after the other.
"""
