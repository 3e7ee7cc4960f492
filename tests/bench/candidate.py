"""What a candidate costs, without the peers: `make bench-candidate`."""

from pathlib import Path

from bench import generators
from bench.bench_bundle import train_bundle
from bench.candidate_cost import Tried, measure_candidate
from bench.contenders import ours
from bench.figures import candidate_figures
from bench.payloads import write_payloads
from bench.quarter import quarter_p99_ratios
from bench.requests import complete_rows
from bench.rig import Rig
from churn_training.progress import say, step
from support.figures import table
from support.free_port import free_port

_FOLDER = Path("build/bench-candidate")


def main() -> None:
    """Two minutes."""
    generators.install()
    _FOLDER.mkdir(parents=True, exist_ok=True)
    bundle = train_bundle(_FOLDER / "bundles")
    payloads = write_payloads(complete_rows(bundle), _FOLDER / "payloads")
    with step("measure what a candidate costs"):
        cost = measure_candidate(bundle)
    with Rig(_FOLDER, bundle) as rig:
        local = ours(rig, "ours", {"--metrics-port": free_port()})
        local.wait()
        tried = Tried(cost, quarter_p99_ratios(rig, local, payloads))
    say(f"\n{table(candidate_figures(tried))}")


if __name__ == "__main__":
    main()
