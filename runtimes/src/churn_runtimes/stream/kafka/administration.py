"""What is asked of the broker before the first message: are the topics there, and which group protocol has it?"""

import logging
from collections.abc import Sequence

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.kafka.clients import made
from churn_runtimes.stream.kafka.configuration import Configuration
from churn_runtimes.stream.life import Life

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 5.0


class Administration:
    """One short-lived client."""

    def __init__(self, configuration: Configuration, life: Life) -> None:
        self._admin = made(AdminClient, configuration, life)
        self._life = life

    def require_topics(self, topics: Sequence[str]) -> None:
        """Wait for a broker, and ask it. Raises StreamUnavailable or Stopped."""
        while True:
            try:
                known = self._admin.list_topics(timeout=_ANSWER_SECONDS).topics
                break
            except KafkaException as error:
                logger.warning("no broker has answered yet: %s", error.args[0].str())
                self._admin.poll(0)  # its complaints, which say why
                self._life.wait()
        if missing := [topic for topic in topics if topic not in known]:
            raise StreamUnavailable(f"there is no topic {', '.join(missing)}; create it, no worker does")

    def broker_settings(self) -> dict[str, str | None]:
        """Of one broker; empty where it does not tell them, as to users without the right to."""
        try:
            number = next(iter(self._admin.list_topics(timeout=_ANSWER_SECONDS).brokers))
            (told,) = self._admin.describe_configs([ConfigResource(ResourceType.BROKER, str(number))]).values()
            return {name: entry.value for name, entry in told.result(timeout=_ANSWER_SECONDS).items()}
        except KafkaException as error:
            logger.info("the broker does not tell its settings: %s", error.args[0].str())
            return {}
