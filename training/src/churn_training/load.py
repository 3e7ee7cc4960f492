"""First step of the pipeline: from the name of a data set to a frame of raw cells."""

from collections.abc import Callable, Sequence

import pandas as pd
import pyarrow as pa
from churn_models.feature_schema import CsvForm
from churn_models.tables.open_source import open_source
from churn_models.tables.text_of import text_of

from churn_training.frame_origin import with_origin
from churn_training.progress import note, progress


def load(
    dataset: str, form: CsvForm | None = None, wanted: Callable[[Sequence[str]], Sequence[str]] = lambda names: names
) -> pd.DataFrame:
    """Read a text or Parquet file, or a table by postgresql:// URL; columns that no schema names included.

    `form` is what schema.yaml says of text files; `wanted` takes some of the columns. Raises DataUnreadable.
    """
    source = open_source(dataset, form or CsvForm())
    columns = wanted(source.names) or source.names
    read = progress(source.read(columns, ()), lambda batch: int(batch.num_rows))
    batches = [pa.RecordBatch.from_arrays(list(map(text_of, batch.columns)), batch.schema.names) for batch in read]
    # What a file says of pandas' own types would make others of these.
    table = pa.Table.from_batches(batches).replace_schema_metadata(None)
    if (text := source.origin.form) and not text.is_usual:
        note(f"{text.path.name} is {text}; where that is wrong, name it by `csv:` in schema.yaml")
    return with_origin(table.to_pandas(types_mapper=pd.ArrowDtype), source.origin)
