"""manifests/argocd/health.lua, run in a Lua interpreter as Argo CD runs it."""

from pathlib import Path
from typing import Any

from lupa import LuaRuntime

_SCRIPT = Path("manifests/argocd/health.lua").read_text(encoding="utf-8")


def argocd_health(body: dict[str, Any]) -> tuple[str, str]:
    """Status and message that the script gives for this ChurnModel."""
    lua = LuaRuntime(unpack_returned_tuples=True)
    lua.globals().obj = lua.table_from(body, recursive=True)
    result = lua.execute(_SCRIPT)
    return str(result["status"]), str(result["message"])
