"""Follows the operator's word in one server: which tables it holds, and what is tried.

The server makes one; the poller's thread has it `hear`, the metrics port gives tables and state from it (`offers`).
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from churn_models.digest import Digest, digest_of
from churn_models.errors import ChurnModelsError
from churn_models.feature_schema import FeatureSchema
from churn_models.traffic import WORDS, OfferedTable, Traffic

from churn_runtimes.candidate.breaker import Breaker
from churn_runtimes.candidate.errors import TableInvalid, TableUnavailable
from churn_runtimes.candidate.fetch import fetch_table
from churn_runtimes.candidate.packed_table import PackedTable, checked_table
from churn_runtimes.candidate.spread import Spread
from churn_runtimes.candidate.tally import Tally
from churn_runtimes.candidate.trial import Answering, Clock, Trial

logger = logging.getLogger(__name__)

FetchTable = Callable[[str], bytes]


@dataclass(frozen=True)
class Loaded:
    """The server's own model, once it is loaded."""

    table: PackedTable
    schema: FeatureSchema
    answering: Answering


class Follower:
    """Of one server. One thread alone has it `hear`; its collections are replaced whole, so others may read them."""

    def __init__(self, loaded: Loaded, fetch: FetchTable = fetch_table, clock: Clock = monotonic) -> None:
        self.loaded = loaded
        self.tables = {loaded.table.sha256: loaded.table}
        """Held, the own one first."""
        self.not_held: dict[Digest, str] = {}
        """Why tables that the operator has named are not."""
        self.tallies: dict[tuple[Digest, bool], Tally] = {}
        """Of held tables that have been tried beside the own one; as the previous version by other bins."""
        self._fetch = fetch
        self._clock = clock
        # Servers that start at once should not choose the same requests.
        self._spread = Spread(secrets.randbits(64))
        self._attempts: dict[Digest, int] = {}
        self._wrong: set[Digest] = set()
        """Tables whose own bytes are refused: read again only for a new decision of the operator."""
        self._decision: tuple[int, Digest | None] = (-1, None)
        self._breaker = Breaker()

    @property
    def trial(self) -> Trial | None:
        """What is tried now."""
        return self.loaded.answering.trial

    def tallies_by_table(self) -> dict[PackedTable, list[Tally]]:
        """The newest last."""
        found: dict[PackedTable, list[Tally]] = {}
        for tally in self.tallies.values():
            found.setdefault(tally.candidate, []).append(tally)
        return found

    def hear(self, traffic: Traffic) -> None:
        """Do what the operator wants: weights of what is held at once, then get one table that is missing."""
        self._remember(traffic)
        self._try(traffic)
        missing = [
            offered for offered in traffic.tables if not self._holds(offered) and offered.sha256 not in self._wrong
        ]
        if missing:
            # One each time: the operator is to be heard again soon.
            self._hold(min(missing, key=lambda offered: self._attempts.get(offered.sha256, 0)))
            self._try(traffic)

    def _remember(self, traffic: Traffic) -> None:
        """Of what was, keep what the new word still speaks of."""
        decision = traffic.generation, traffic.candidate
        if decision != self._decision:
            self._breaker = Breaker()
        if decision[0] != self._decision[0]:
            self._wrong.clear()
        self._decision = decision
        own = self.loaded.table
        named = {offered.sha256: offered for offered in traffic.tables}
        self.tables = {
            sha256: table
            for sha256, table in self.tables.items()
            if table is own or (sha256 in named and named[sha256].version == table.version)
        }
        self.tallies = {key: tally for key, tally in self.tallies.items() if tally.candidate in self.tables.values()}
        self.not_held = {sha256: why for sha256, why in self.not_held.items() if sha256 in named}

    def _holds(self, offered: OfferedTable) -> bool:
        return offered.sha256 in self.tables

    def _hold(self, offered: OfferedTable) -> None:
        """Get a table and check it, and remember why not."""
        sha256 = offered.sha256
        try:
            table = self._get(offered)
        except ChurnModelsError as error:
            if not isinstance(error, TableUnavailable):
                self._wrong.add(sha256)
            said = f"{type(error).__name__}: {error}"[:WORDS]
            if self.not_held.get(sha256) != said:
                logger.warning("table %s of version %s is not held: %s", sha256, offered.version, said)
            self.not_held = {**self.not_held, sha256: said}
        else:
            logger.info("table %s of version %s is held", sha256, offered.version)
            self.tables = {**self.tables, sha256: table}
            self.not_held = {other: why for other, why in self.not_held.items() if other != sha256}

    def _get(self, offered: OfferedTable) -> PackedTable:
        """From the next of its sources. Raises TableUnavailable, or what is wrong with the table itself."""
        if not offered.sources:
            raise TableUnavailable("no source is named")
        attempt = self._attempts.get(offered.sha256, 0)
        self._attempts[offered.sha256] = attempt + 1
        source = offered.sources[attempt % len(offered.sources)]
        content = self._fetch(source)
        if (found := digest_of(content)) != offered.sha256:
            raise TableUnavailable(f"{source} gives {found}")
        table = checked_table(content, offered.version, self.loaded.schema)
        if table.digest != offered.digest:
            raise TableInvalid(f"it is of bundle {table.digest}, not of {offered.digest}")
        return table

    def _try(self, traffic: Traffic) -> None:
        """Have the wanted candidate at work, or none."""
        running = self.trial
        if running is not None and running.traffic == traffic:
            return running.hear()
        trial = self._trial(traffic)
        self.loaded.answering.trial = trial
        if _weights(trial) != _weights(running):
            weights = f"weight {traffic.weight}, sample {traffic.sample}" if trial else "nothing is tried"
            logger.info("generation %d: %s", traffic.generation, weights)
        return None

    def _trial(self, traffic: Traffic) -> Trial | None:
        """None where the candidate is not held (yet), is the own table, or has no share."""
        own = self.loaded.table
        candidate = self.tables.get(traffic.candidate or "")
        if candidate is None or candidate is own or not (traffic.weight or traffic.sample):
            return None
        key = candidate.sha256, traffic.previous
        if key not in self.tallies:
            # Which of the two was champion when training compared them.
            edges_of = candidate if traffic.previous else own
            self.tallies = {**self.tallies, key: Tally(own, candidate, edges_of)}
        trial = Trial(own, self.tallies[key], traffic, self._spread, self._clock)
        trial.breaker = self._breaker
        return trial


def _weights(trial: Trial | None) -> tuple[int, Digest, int, int] | None:
    """What the log tells when it changes; sources and other tables change often."""
    if trial is None:
        return None
    traffic = trial.traffic
    return traffic.generation, trial.candidate.sha256, traffic.weight, traffic.sample
