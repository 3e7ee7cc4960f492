#!/usr/bin/env python3
"""The entry point of the image `prometheus`: Debian builds Prometheus without Kubernetes' discovery, and this is it.

It starts Prometheus with the given arguments. In the configuration each `kubernetes_sd_configs` (role pod, namespaces
by name, a selector) becomes a file of targets, which is written anew every five seconds and has the labels that
Prometheus would give: so manifests/monitoring is the same with this image and with the upstream one.
"""

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PERIOD_SECONDS = 5
META = "__meta_kubernetes_"
Tree = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Run Prometheus until it ends."""
    options = dict(word.lstrip("-").split("=", 1) for word in arguments)
    data = Path(options["storage.tsdb.path"])
    configuration = Path(options["config.file"])
    copied = data / "configuration"
    shutil.copytree(configuration.parent, copied, dirs_exist_ok=True, copy_function=shutil.copyfile)
    tree, discoveries = without_discovery(yaml.safe_load(configuration.read_text()), copied)
    (copied / configuration.name).write_text(yaml.safe_dump(tree))
    write_targets(discoveries)
    others = [word for word in arguments if "config.file=" not in word]
    prometheus = subprocess.Popen(["/usr/bin/prometheus", f"--config.file={copied / configuration.name}", *others])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda told, _: prometheus.send_signal(told))
    while prometheus.poll() is None:
        time.sleep(PERIOD_SECONDS)
        write_targets(discoveries)
    return prometheus.returncode


def without_discovery(configuration: Tree, folder: Path) -> tuple[Tree, dict[Path, list[Tree]]]:
    """The configuration with files of targets, and what each file shall hold the pods of."""
    discoveries: dict[Path, list[Tree]] = {}
    scrapes = []
    for scrape in configuration["scrape_configs"]:
        changed = dict(scrape)
        if wanted := changed.pop("kubernetes_sd_configs", None):
            file = folder / f"{scrape['job_name']}.json"
            discoveries[file] = wanted
            changed["file_sd_configs"] = [{"files": [str(file)], "refresh_interval": f"{PERIOD_SECONDS}s"}]
        scrapes.append(changed)
    return {**configuration, "scrape_configs": scrapes}, discoveries


def write_targets(discoveries: dict[Path, list[Tree]]) -> None:
    """Each file as the cluster is now; as it was where the API server does not answer."""
    for file, wanted in discoveries.items():
        try:
            pods = [pod for one in wanted for path in paths(one) for pod in ask(path)["items"]]
        except OSError as error:
            print(f"pods cannot be listed: {error}", file=sys.stderr, flush=True)
            continue
        part = file.with_suffix(".part")
        part.write_text(json.dumps([target for pod in pods for target in targets(pod)]))
        part.replace(file)


def paths(wanted: Tree) -> Iterator[str]:
    """What to ask the API server for."""
    selectors = [one["label"] for one in wanted.get("selectors", [])]
    query = urllib.parse.urlencode({"labelSelector": ",".join(selectors), "resourceVersion": "0"})
    for namespace in wanted["namespaces"]["names"]:
        yield f"/api/v1/namespaces/{namespace}/pods?{query}"


def ask(path: str) -> Tree:
    """The API server's answer. Raises OSError."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    base = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"}
    request = urllib.request.Request(base + path, headers=headers)
    with urllib.request.urlopen(request, timeout=10, context=trusted()) as answer:
        found: Tree = json.load(answer)
    return found


def trusted() -> ssl.SSLContext:
    """The cluster's own authority."""
    return ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))


def targets(pod: Tree) -> Iterator[Tree]:
    """One for each declared port of a pod with an address, init containers' ports too."""
    metadata, status, spec = pod["metadata"], pod["status"], pod["spec"]
    if not (address := status.get("podIP")):
        return
    common = {
        f"{META}namespace": metadata["namespace"],
        f"{META}pod_name": metadata["name"],
        f"{META}pod_phase": status["phase"],
        **{f"{META}pod_label_{plain(name)}": value for name, value in metadata.get("labels", {}).items()},
    }
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        for port in container.get("ports", []):
            number = str(port["containerPort"])
            host = f"[{address}]" if ":" in address else address
            yield {"targets": [f"{host}:{number}"], "labels": {**common, f"{META}pod_container_port_number": number}}


def plain(label: str) -> str:
    """A label's name as Prometheus writes it."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in label)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
