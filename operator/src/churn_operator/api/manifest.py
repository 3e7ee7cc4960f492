"""A Kubernetes object as plain JSON-like data, as it is read, compared and written everywhere here."""

from typing import Any

Manifest = dict[str, Any]
