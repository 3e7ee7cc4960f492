"""What is asked of the broker before the first message: are the topics there, and which group protocol has it?"""

import logging
import time
from collections.abc import Sequence

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from churn_runtimes.stream.errors import ConfigInvalid, StreamUnavailable
from churn_runtimes.stream.kafka.clients import made
from churn_runtimes.stream.kafka.configuration import Configuration
from churn_runtimes.stream.kafka.topic_limits import Settings
from churn_runtimes.stream.life import Life

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 5.0
_TIMES, _APART_SECONDS = 5, 1.0
"""A broker that has just begun, and one that has just been told of a topic, may not know it yet."""


class Administration:
    """One short-lived client."""

    def __init__(self, configuration: Configuration, life: Life) -> None:
        self._admin = made(AdminClient, configuration, life)
        self._life = life

    def require_topics(self, topics: Sequence[str]) -> None:
        """Wait for a broker, and ask it. Raises StreamUnavailable or Stopped."""
        asked = 0
        while missing := sorted(set(topics) - self._known_topics()):
            asked += 1
            if asked == _TIMES:
                raise StreamUnavailable(f"there is no topic {', '.join(missing)}; create it, no worker does")
            time.sleep(_APART_SECONDS)
            self._life.wait()

    def _known_topics(self) -> set[str]:
        while True:
            try:
                return set(self._admin.list_topics(timeout=_ANSWER_SECONDS).topics)
            except KafkaException as error:
                logger.warning("no broker has answered yet: %s", error.args[0].str())
                self._admin.poll(0)  # its complaints, which say why
                self._life.wait()

    def same_partitions(self, first: str, second: str) -> int:
        """How many both topics have, so that a customer has the same one in both.

        Raises ConfigInvalid or StreamUnavailable.
        """
        try:
            known = self._admin.list_topics(timeout=_ANSWER_SECONDS).topics
        except KafkaException as error:
            raise StreamUnavailable(f"no broker has told the partitions of {first}: {error.args[0].str()}") from error
        counts = [len(known[topic].partitions) for topic in (first, second)]
        if counts[0] != counts[1]:
            raise ConfigInvalid(
                f"{first} has {counts[0]} partitions and {second} {counts[1]}: both must have as many, so that a "
                "customer's events and messages are read by the same worker"
            )
        return counts[0]

    def identity_of(self, topic: str) -> str:
        """Its name, and the id that tells it from others of that name, where brokers know ids.

        Raises StreamUnavailable.
        """
        try:
            (told,) = self._admin.describe_topics(TopicCollection([topic]), request_timeout=_ANSWER_SECONDS).values()
            return f"{topic}@{told.result(timeout=2 * _ANSWER_SECONDS).topic_id}"
        except (KafkaException, TimeoutError) as error:
            raise StreamUnavailable(f"no broker has described {topic}: {error}") from error

    def broker_settings(self) -> Settings:
        """Of one broker; empty where it does not tell them, as to users without the right to."""
        try:
            numbers = list(self._admin.list_topics(timeout=_ANSWER_SECONDS).brokers)
        except KafkaException:
            numbers = []
        return self._settings(ResourceType.BROKER, str(numbers[0])) if numbers else {}

    def topic_settings(self, topic: str) -> Settings:
        """Likewise."""
        return self._settings(ResourceType.TOPIC, topic)

    def _settings(self, kind: ResourceType, name: str) -> Settings:
        asked = [ConfigResource(kind, name)]
        try:
            (told,) = self._admin.describe_configs(asked, request_timeout=_ANSWER_SECONDS).values()
            return {name: entry.value for name, entry in told.result(timeout=2 * _ANSWER_SECONDS).items()}
        except (KafkaException, TimeoutError) as error:
            logger.info("the settings of %s %s are not told: %s", kind.name.lower(), name, error)
            return {}
