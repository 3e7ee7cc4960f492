"""`make bench`: every server side by side on this machine, in one run of at most 15 minutes.

python -m bench reads top to bottom what happens.
"""

import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import generators
from bench.answer_cpu import cpu_per_answer
from bench.answers import check_answers
from bench.bench_bundle import forest_size, train_bundle
from bench.candidate_cost import Tried, measure_candidate
from bench.contenders import Contender, contenders, static_answer
from bench.environments import SERVERS
from bench.figures import record_figures
from bench.model_only import measure_models
from bench.names import Name
from bench.payloads import write_payloads
from bench.plan import LOADS
from bench.quarter import quarter_p99_ratios
from bench.report import RESULTS, Bench, rounds_as_json, write_report
from bench.requests import Form, Rows, complete_rows
from bench.rig import Rig, Server
from bench.rounds import Subject, run_rounds
from bench.table import ratio_table
from churn_training.progress import say, step
from support.figures import table

_FOLDER = Path("build/bench")


def main() -> None:
    """Run it."""
    # Ended from outside, it still ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    say("what the peers need")
    generators.install()
    for environment in SERVERS:
        environment.install()
    began = time.monotonic()
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    bench = _run()
    write_report(bench, time.monotonic() - began)
    (_FOLDER / "rounds.json").write_text(rounds_as_json(bench.results), encoding="utf-8")
    say(f"\n{ratio_table(bench.results)}\n\n{table(list(bench.figures))}\n\nwritten to {RESULTS.name}")


def _run() -> Bench:
    say("the model")
    bundle = train_bundle(_FOLDER / "bundles")
    rows = complete_rows(bundle)
    payloads = write_payloads(rows, _FOLDER / "payloads")
    with step("measure the models alone"):
        models = measure_models(bundle)
    with step("measure what a candidate costs"):
        candidate = measure_candidate(bundle)
    say("the servers")
    chosen = contenders(bundle, models.n_jobs)
    with Rig(_FOLDER, bundle) as rig:
        servers = _start(rig, chosen)
        differences = {one.name: _check(one, servers[one.name], rows) for one in chosen}
        static = static_answer(rig)
        static.wait()
        subjects = [Subject(name, server) for name, server in servers.items()]
        named = Subject(Name.OURS_NAMED, servers[Name.OURS], Form.NAMED)
        say("the loads")
        results = run_rounds(LOADS, [Subject(Name.STATIC, static), *subjects, named], payloads, rig)
        with step("CPU of an answer by how the request comes"), rig.alone(servers[Name.OURS]):
            cpu = cpu_per_answer(servers[Name.OURS], rows)
        tried = Tried(candidate, quarter_p99_ratios(rig, servers[Name.OURS], payloads))
    figures = record_figures(models, tried, results, cpu)
    return Bench(bundle, forest_size(bundle), chosen, differences, models, tried, cpu, results, figures)


def _start(rig: Rig, chosen: Sequence[Contender]) -> dict[Name, Server]:
    servers = {}
    for contender in chosen:
        with step(f"start {contender.name}"):
            servers[contender.name] = contender.start(rig)
            servers[contender.name].wait()
    return servers


def _check(contender: Contender, server: Server, rows: Rows) -> float:
    forms = list(Form) if contender.name is Name.OURS else [Form.MATRIX]
    with step(f"ask {contender.name}"):
        return check_answers(contender, server, rows, forms)


if __name__ == "__main__":
    main()
