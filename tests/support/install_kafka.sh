#!/usr/bin/env bash
# A Kafka broker for the tests of the stream (support/kafka_broker.py) and for `make broker`: Apache Kafka's jars by Maven, and a Java runtime
# of what they need by jlink. 93 MB in the cache, made once for each version of this script.
#   install_kafka.sh          make it where it is missing
#   install_kafka.sh --path   only print the folder
set -euo pipefail
as_root=$([ "$(id -u)" = 0 ] || echo sudo)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/churnserve
folder=$cache/kafka/$(sha256sum "${BASH_SOURCE[0]}" | cut -c 1-16)
[ "${1:-}" != --path ] || { echo "$folder"; exit; }
[ ! -x "$folder/java/bin/java" ] || exit 0

mkdir -p "$cache/kafka"
exec 9>"$cache/kafka.lock"
flock 9 # tests that start at once take turns
[ ! -x "$folder/java/bin/java" ] || exit 0

packages=()
command -v jlink >/dev/null || packages+=(openjdk-17-jdk-headless)
command -v mvn >/dev/null || packages+=(maven)
if [ ${#packages[@]} != 0 ]; then
    echo "installing ${packages[*]} from Debian's packages, to make a Kafka broker with"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

echo "making a Kafka broker for the tests (a minute the first time)"
part=$folder.part
rm -rf "$part" && mkdir -p "$part"
# kafka-tools alone brings as much again, which none of its commands that are used here needs.
cat >"$part/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.churnserve</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.4.0</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
(cd "$part" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=libs)
# java.desktop: Kafka's StorageTool needs java.beans.
modules=java.base,java.logging,java.management,java.naming,java.security.jgss,java.security.sasl,java.xml,java.desktop
modules+=,jdk.management,jdk.unsupported,jdk.crypto.ec
jlink --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress=2 --output "$part/java"
rm -rf "$folder" && mv "$part" "$folder"
