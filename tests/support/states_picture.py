"""README's picture of a ChurnModel's states, drawn from the enum and from the ways between its members.

`python tests/support/states_picture.py` writes it into README.md. The tests on real kind compare every change of state
that they see with `is_drawn`.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from churn_operator.api.status import State

README = Path(__file__).parents[2] / "README.md"
_BEGIN, _END = "<!-- states: made by tests/support/states_picture.py -->", "<!-- end of the states -->"

FROM_ANYWHERE = frozenset({State.PAUSED, State.BLOCKED})
"""Whatever a model is doing, it may come here, and goes on where it was: drawn by themselves."""


@dataclass(frozen=True)
class Way:
    """From one state into the next, and what leads there."""

    start: State
    end: State
    why: str


WAYS = (
    Way(State.WAITING, State.TRAINING, "spec.training"),
    Way(State.TRAINING, State.TRAINING_FAILED, "no version"),
    Way(State.TRAINING_FAILED, State.WAITING, "spec changed"),
    Way(State.TRAINING, State.WAITING, "a version"),
    Way(State.WAITING, State.ROLLING_OUT, "the first version"),
    Way(State.WAITING, State.VERIFYING, "MLflow says more again"),
    Way(State.WAITING, State.STABLE, "MLflow says the same again"),
    Way(State.WAITING, State.REJECTED, "MLflow says the same again"),
    Way(State.STABLE, State.WAITING, "MLflow does not say what is wanted"),
    Way(State.REJECTED, State.WAITING, "MLflow does not say what is wanted"),
    Way(State.STABLE, State.VERIFYING, "another bundle under Canary or Shadow"),
    Way(State.STABLE, State.ROLLING_OUT, "under Direct, or more than the bundle differs"),
    Way(State.VERIFYING, State.SHADOWING, "every pod holds its table (Shadow)"),
    Way(State.VERIFYING, State.CANARY, "every pod holds its table (Canary)"),
    Way(State.VERIFYING, State.REJECTED, "bad, or not ready in time"),
    Way(State.VERIFYING, State.ROLLING_OUT, "cannot be tried in the pods"),
    Way(State.VERIFYING, State.WAITING, "nothing is known of it in time"),
    Way(State.WAITING, State.SHADOWING, "every pod holds its table after all (Shadow)"),
    Way(State.WAITING, State.CANARY, "every pod holds its table after all (Canary)"),
    Way(State.SHADOWING, State.REJECTED, "a gate fails"),
    Way(State.CANARY, State.REJECTED, "a gate fails"),
    Way(State.SHADOWING, State.PROMOTING, "every step passed"),
    Way(State.CANARY, State.PROMOTING, "every step passed"),
    Way(State.ROLLING_OUT, State.REJECTED, "bad, or not ready in time"),
    Way(State.ROLLING_OUT, State.PROBATION, "every pod serves another bundle"),
    Way(State.ROLLING_OUT, State.STABLE, "every pod serves it"),
    Way(State.PROMOTING, State.PROBATION, "every pod serves it"),
    Way(State.PROMOTING, State.STABLE, "probation 0s"),
    Way(State.PROMOTING, State.ROLLING_BACK, "a gate fails, or not ready in time"),
    Way(State.PROBATION, State.STABLE, "its time is over"),
    Way(State.PROBATION, State.ROLLING_BACK, "a gate fails"),
    Way(State.PROBATION, State.VERIFYING, "another version"),
    Way(State.PROBATION, State.ROLLING_OUT, "another version, or configuration"),
    Way(State.ROLLING_BACK, State.REJECTED, "every pod is back, the bad version is still asked for"),
    Way(State.ROLLING_BACK, State.STABLE, "every pod is back, and so is the alias"),
    Way(State.ROLLING_BACK, State.SAFE_MODE, "nothing good to go back to"),
    Way(State.PROBATION, State.SAFE_MODE, "nothing good to go back to"),
    Way(State.SAFE_MODE, State.ROLLING_OUT, "a person asks for another version"),
    Way(State.REJECTED, State.VERIFYING, "another version, or retry"),
    Way(State.REJECTED, State.ROLLING_OUT, "another version, or retry"),
    Way(State.REJECTED, State.STABLE, "the stable version is asked for"),
    Way(State.STABLE, State.REJECTED, "a version is asked for that is known as bad"),
    Way(State.STABLE, State.DEGRADED, "pods or members are missing"),
    Way(State.DEGRADED, State.STABLE, "they are back"),
    Way(State.DEGRADED, State.ROLLING_OUT, "another version"),
    # A new wish ends what was tried before: its weight is 0 first.
    *(
        Way(tried, State.STABLE, "the stable version is asked for")
        for tried in (State.VERIFYING, State.SHADOWING, State.CANARY)
    ),
)


def picture() -> str:
    """In Mermaid, with the markers around it."""
    drawn = dict.fromkeys(way.start for way in WAYS) | dict.fromkeys(way.end for way in WAYS)
    lines = ["stateDiagram-v2", f"    [*] --> {State.WAITING}"]
    lines += [f"    {way.start} --> {way.end}: {way.why}" for way in WAYS]
    lines += [f"    {state}: {state} (out of every other one, and back)" for state in State if state not in drawn]
    return "\n".join([_BEGIN, "", "```mermaid", *lines, "```", "", _END])


def is_drawn(before: State, after: State) -> bool:
    """Whether the picture has this change of state, or it is into or out of what may be entered from anywhere."""
    return before == after or bool({before, after} & FROM_ANYWHERE) or after in _next(before)


def not_drawn(states: list[str]) -> list[tuple[str, str]]:
    """Of states in the order in which they were seen, the changes that the picture does not have.

    Two changes between two looks are taken for one: what two ways lead to counts as drawn.
    """
    seen = [State(state) for state in states]
    return [(one, other) for one, other in pairwise(seen) if not is_drawn(one, other) and not _in_two(one, other)]


def _in_two(before: State, after: State) -> bool:
    return any(after in _next(between) for between in _next(before))


def _next(state: State) -> set[State]:
    return {way.end for way in WAYS if way.start == state}


def in_readme() -> str:
    """What README.md has between the markers, and they."""
    text = README.read_text(encoding="utf-8")
    return text[text.index(_BEGIN) : text.index(_END) + len(_END)]


if __name__ == "__main__":
    README.write_text(README.read_text(encoding="utf-8").replace(in_readme(), picture()), encoding="utf-8")
