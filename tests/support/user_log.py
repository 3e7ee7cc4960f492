"""What users of `support.asking_users` have got, and what the pods said meanwhile, for one model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """To one request; the times are this machine's, which the cluster's node shares."""

    began: float
    ended: float
    version: str
    """That says to have answered; empty where nobody has."""
    trouble: str
    """What a user would complain of: a failure, or `wrong: …`; empty where there is nothing."""


class Look(NamedTuple):
    """At the `/state` of one pod."""

    time: float
    address: str
    version: str
    """That the pod serves."""
    in_force: dict[str, Any]
    """Empty where nothing is."""
    versions: dict[str, dict[str, int]]
    """Of each version the requests that it has answered, and those that it has scored beside the other."""


@dataclass(frozen=True)
class UserLog:
    """Of one model."""

    answers: list[Answer]
    looks: list[Look]

    @property
    def failures(self) -> list[Answer]:
        """Requests without scores."""
        return [one for one in self.answers if one.trouble and not one.trouble.startswith("wrong")]

    def wrong(self, since: float = 0.0) -> list[Answer]:
        """Scores that are not those of the version that says to have answered."""
        return [one for one in self.answers if one.trouble.startswith("wrong") and one.began >= since]

    def share(self, version: str, begin: float, end: float) -> float:
        """Percent of the requests of this time that this version has answered; NaN where there are none."""
        during = [one for one in self.answers if begin <= one.began and one.ended <= end]
        return 100 * sum(one.version == version for one in during) / len(during) if during else float("nan")

    def last_of(self, version: str, begin: float, end: float) -> float | None:
        """When the last request of this time began that this version has answered.

        Not when it ended: who answers is chosen as a request comes, and on a busy machine an answer that was chosen in
        time is seconds late. Requests come all the time, so a version that is chosen for longer has later ones, too.
        """
        return max(
            (one.began for one in self.answers if one.version == version and begin <= one.began < end), default=None
        )

    def in_force_at(self, weight: int, of_version: str, after: float, before: float) -> float | None:
        """When the last pod of this version was seen to have this weight; None: one never was.

        Of the pods that were asked in this time, which begins with the decision.
        """
        found: dict[str, float | None] = {}
        for look in self.looks:
            is_one = look.version == of_version and after <= look.time < before
            if is_one and found.get(look.address) is None:
                found[look.address] = look.time if look.in_force.get("weight", 0) == weight else None
        moments = [moment for moment in found.values() if moment is not None]
        return max(moments) if found and len(moments) == len(found) else None

    def last_looks(self, before: float) -> list[Look]:
        """The last at each pod before this moment."""
        return list({look.address: look for look in self.looks if look.time < before}.values())


def read_user_log(log: Path, model: str) -> UserLog:
    """What has been written so far; the last line may be half written."""
    answers, looks = [], []
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            kind, name, *what = json.loads(line)
        except ValueError:
            continue
        if name == model and kind == "answer":
            answers.append(Answer(*what))
        elif name == model and kind == "state":
            looks.append(Look(*what))
    return UserLog(answers, looks)
