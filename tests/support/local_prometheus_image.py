"""The entry point of the local overlay's image `prometheus`, beside its Dockerfile, as a module for tests."""

from importlib.util import module_from_spec, spec_from_file_location

from support.rendered_manifests import MANIFESTS

_FILE = MANIFESTS / "overlays" / "local" / "monitoring" / "prometheus.py"
_spec = spec_from_file_location("local_prometheus_image", _FILE)
assert _spec is not None
assert _spec.loader is not None
_module = module_from_spec(_spec)
_spec.loader.exec_module(_module)

paths = _module.paths
targets = _module.targets
without_discovery = _module.without_discovery
