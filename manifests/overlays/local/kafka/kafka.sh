#!/bin/sh
# The commands of Kafka's distribution that our manifests and README use, by the names that they have there.
set -eu
case ${0##*/} in
    kafka-storage.sh) class=kafka.tools.StorageTool ;;
    kafka-server-start.sh) class=kafka.Kafka ;;
    kafka-topics.sh) class=org.apache.kafka.tools.TopicCommand ;;
    kafka-console-producer.sh) class=org.apache.kafka.tools.ConsoleProducer ;;
    kafka-console-consumer.sh) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
    *) echo "${0##*/} is not in this image" >&2; exit 2 ;;
esac
# slf4j-simple writes all of INFO otherwise. The tools end after a second: the quick compiler is enough for them.
quiet=-Dorg.slf4j.simpleLogger.defaultLogLevel=warn
[ "$class" = kafka.Kafka ] || quick="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# shellcheck disable=SC2086 # several words each
exec /opt/java/bin/java ${KAFKA_HEAP_OPTS:--Xmx256m} ${quick:-} $quiet -cp '/opt/kafka/libs/*' "$class" "$@"
