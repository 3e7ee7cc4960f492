"""Where nothing happens, nothing is written, and a watch stays open: the API server's bookmarks keep it current."""

import time

from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig

_LONGER_THAN_A_BOOKMARK_TAKES = 85
_SETTLE_SECONDS = 60


def test_quiet_watches_stay_open_and_nothing_is_written(rig: Rig) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as operator:
        rig.create(namespace, name).wait_ready()
        eventually(lambda: operator.proxy.quiet_for(5.0), _SETTLE_SECONDS)
        opened, written = operator.proxy.watches_opened, len(operator.proxy.writes)
        time.sleep(_LONGER_THAN_A_BOOKMARK_TAKES)
        again = operator.proxy.watches_opened - opened
        writes = operator.proxy.writes[written:]
    assert record("quiet_watches_opened_again", again, "watches in 85 s", "<= 0").holds
    assert writes == []
