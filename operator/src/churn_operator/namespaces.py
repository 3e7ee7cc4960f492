"""Which namespaces are watched, by a list or by their labels; they come and go while the operator runs.

`main` turns it as a loop. It tells the controller, whose resync goes on in a namespace that is forbidden, and kopf,
whose watches are opened where that resync gets an answer.
"""

from dataclasses import dataclass, field

# `kopf.operator` takes it by a public parameter; the class itself has no public name.
from kopf._cogs.structs.references import Insights, NamespaceName

from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import NAMESPACE
from churn_operator.controller import Controller

_PERIOD_SECONDS = 5.0

NO_NAMESPACE_BY_NAME = ("*",)
"""For kopf, which must be given some: a pattern stands for no namespace while kopf itself does not look for any."""


@dataclass
class WatchedNamespaces:
    """Those of `names`; with a label selector, those that it selects instead."""

    names: frozenset[str]
    selector: str | None
    api: ApiServer
    controller: Controller
    insights: Insights = field(default_factory=Insights)
    """kopf's view of the cluster."""

    async def follow(self) -> float:
        """Find them anew and have both follow. A turn of a loop. Raises ClusterError, after which nothing changed."""
        namespaces = await self._find()
        await self.controller.follow(namespaces)
        await self._have_kopf_watch(namespaces - self.controller.forbidden)
        return _PERIOD_SECONDS

    def watched(self) -> int:
        """How many namespaces kopf has to watch; none before it knows the kinds of the cluster."""
        return len(self.insights.namespaces) if self.insights.ready_resources.is_set() else 0

    async def _find(self) -> frozenset[str]:
        if self.selector is None:
            return self.names
        return frozenset(found["metadata"]["name"] for found in await self.api.list(NAMESPACE, labels=self.selector))

    async def _have_kopf_watch(self, namespaces: frozenset[str]) -> None:
        if self.insights.namespaces == namespaces:
            return
        async with self.insights.revised:
            self.insights.namespaces.clear()
            self.insights.namespaces.update(NamespaceName(namespace) for namespace in namespaces)
            self.insights.revised.notify_all()
