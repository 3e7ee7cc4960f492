"""RESULTS.md: the table with all that one needs to judge it. The README cites this file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import median

from bench.answer_cpu import CONNECTIONS, Sent
from bench.bench_bundle import ForestSize
from bench.candidate_cost import Tried
from bench.contenders import Contender
from bench.environments import Environment
from bench.machine import describe_generators, describe_machine, describe_versions
from bench.measured import best_rate
from bench.model_only import ModelTimes
from bench.names import Name
from bench.plan import REST
from bench.rounds import Results
from bench.table import busiest_generator, markdown, ratio_table, value_table
from churn_models.bundle import Bundle
from support.figures import Figure

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Bench:
    """Everything that one run has found out."""

    bundle: Bundle
    forest: ForestSize
    contenders: Sequence[Contender]
    differences: Mapping[Name, float]
    models: ModelTimes
    tried: Tried
    cpu: Mapping[Sent, float]
    results: Results
    figures: Sequence[Figure]


def write_report(bench: Bench, took_seconds: float) -> None:
    """Replace RESULTS.md, and keep every round beside the logs."""
    sections = [
        _setting(bench, took_seconds),
        _loads(bench),
        _cpu(bench.cpu),
        _models(bench.models),
        _candidate(bench.tried),
        _figures(bench),
        _details(bench),
    ]
    RESULTS.write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def rounds_as_json(results: Results) -> str:
    """Every round of every load."""
    return json.dumps(
        {
            load.title: {name: [asdict(one) for one in rounds] for name, rounds in by_subject.items()}
            for load, by_subject in results.items()
        },
        indent=1,
    )


def _setting(bench: Bench, took_seconds: float) -> str:
    data, busiest = bench.bundle.manifest.dataset, busiest_generator(bench.results)
    return f"""# Results of `make bench`

Written by `make bench` on {date.today().isoformat()} in {took_seconds / 60:.0f} min; do not edit.

- Machine: {describe_machine()}. Every server on core 0 alone, the load on core 1.
- Model: 300 + 300 + 300 trees (random forest, XGBoost, LightGBM) at their libraries' default depths, mean of the three,
  trained on {data.name} ({data.rows} rows); the forest has {bench.forest.nodes:,} nodes, {bench.forest.depth} levels.
- Load: {describe_generators()}; open loops over REST by `open_loop.py`. Requests repeat 32 different customers or
  batches of them. Closed loops keep {REST.connections} connections busy, or 1 where it says so. Open loops ask every
  server at the same rate, for 10 s or more, and count from when a request was due; who reached less than 1.1 times
  the rate in a closed loop is not asked. The servers that are not asked are stopped meanwhile (SIGSTOP).
- Rounds are interleaved between the servers; each value is its best round, each ratio best against best of the same
  rounds.
- The generator's limit: {best_rate(bench.results[REST][Name.STATIC]):,.0f} answers/s from a fixed answer; its own core
  was {busiest.generator_busy:.0%} busy at the most in a closed loop."""


def _loads(bench: Bench) -> str:
    return f"""## Ratios

How many times better ours is: by answers/s, by p50 at one connection, by p99 in an open loop. The servers are
described below; "ours, named" is our own server asked with one tensor per column and raw categories.

{ratio_table(bench.results)}

## Values

{value_table(bench.results)}"""


def _cpu(cpu: Mapping[Sent, float]) -> str:
    rows = [["one row comes as", "CPU of our server, us", "against JSON"]]
    rows += [[sent, f"{used:.0f}", f"{used / cpu[Sent.JSON]:.2f}×"] for sent, used in cpu.items()]
    return f"""## What an answer costs by how the request comes

{markdown(rows)}

REST over {CONNECTIONS} connections that ask at once, in turns; binary as tritonclient writes it, answers binary too."""


def _models(models: ModelTimes) -> str:
    rows = [
        ["microseconds a call", "1 row", "4,096 rows"],
        _model_row("our evaluator", models.evaluator_1_us, models.evaluator_4096_us, models),
        _model_row("stock random forest", models.forest_1_us, models.forest_4096_us, models),
        _model_row("stock ensemble, three calls", models.ensemble_1_us, models.ensemble_4096_us, models),
        ["our contributions", f"{models.explain_1_us:,.0f}", "–"],
        ["the libraries' own contributions, three calls", _by_libraries(models), "–"],
    ]
    tried = ", ".join(f"n_jobs={n_jobs} {took:,.0f} us" for n_jobs, took in models.forest_by_n_jobs_us.items())
    return f"""## The models alone

{markdown(rows)}

Each call scores other rows than the one before. A value is the mean over the best lap of at least 10 ms, which for
our evaluator is once through the sample; the subjects take turns. The forest's one-row call by n_jobs: {tried}; the
rest uses the best of them, n_jobs={models.n_jobs}.

The libraries' own contributions are shap's for the forest, `pred_contribs` and `pred_contrib`."""


def _by_libraries(models: ModelTimes) -> str:
    took = models.explain_by_libraries_1_us
    return f"{took:,.0f} ({took / models.explain_1_us:.1f}× ours)"


def _candidate(tried: Tried) -> str:
    cost, ratios = tried.cost, ", ".join(f"{ratio:.2f}" for ratio in tried.p99_ratios)
    return f"""## What a candidate costs

One JSON row, CPU of the fast path alone: {cost.alone_us:.1f} us; {cost.idle_us:.2f} us more where the operator is
asked and names no candidate, {cost.both_scored_us:.1f} us more where two bundles of this size score every row.

One JSON row at 1,700/s: where a candidate answers a quarter of the requests, p99 is {median(tried.p99_ratios):.2f}
times that of the same server without one (median; by round {ratios})."""


def _model_row(name: str, one: float, many: float, models: ModelTimes) -> list[str]:
    return [
        name,
        f"{one:,.1f} ({one / models.evaluator_1_us:,.1f}×)",
        f"{many:,.0f} ({many / models.evaluator_4096_us:,.1f}×)",
    ]


def _figures(bench: Bench) -> str:
    rows = [["figure", "value", "bar", "holds"]]
    for one in bench.figures:
        rows.append([f"`{one.name}`", f"{one.value:.4g} {one.unit}", one.bar, "yes" if one.holds else "no"])
    return f"## Figures\n\n{markdown(rows)}"


def _details(bench: Bench) -> str:
    rows = [["server", "settings", "largest difference from training's scores"]]
    rows += [[one.name, one.about, f"{bench.differences[one.name]:.1e}"] for one in bench.contenders]
    used = [
        environment for environment in Environment if any(one.environment is environment for one in bench.contenders)
    ]
    versions = "\n".join(f"- {environment.value}: {describe_versions(environment)}" for environment in used)
    return f"## Settings and versions\n\n{markdown(rows)}\n\n{versions}"
