"""One share of a run, from its beginning to the end of the run where it is the last: what `score --shard` does."""

from collections.abc import Callable
from dataclasses import replace

from churn_runtimes.score.run_folder import SUCCESS, RunFolder
from churn_runtimes.score.score_table import Scored, TableScorer


def score_share(scorer: TableScorer, run: RunFolder, tell: Callable[[str], None]) -> Scored:
    """Score the share, unless that was done, and finish the run where all is done. Raises DataError, OutputUnknown."""
    if footer := run.begin():
        tell(f"{run.part} is there already")
        scored = Scored(footer["rows"], 0.0, ())
    else:
        scored = scorer.score(replace(run.task, destination=str(run.part), share=run.share, footer=run.footer))
    if told := run.finish():
        tell(f"{run.folder / SUCCESS}: {told['rows']} rows in {run.share.count} parts")
    return scored
