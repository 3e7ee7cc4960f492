"""`python -m churn_operator audit`: chains for people, by their own rights in the cluster or from an exported file."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from churn_operator.audit.export import Chains, UnreadableExport, from_lines, to_lines
from churn_operator.audit.verify import verify
from churn_operator.cluster.read_chains import read_chains
from churn_operator.errors import ClusterError

_BROKEN, _UNREADABLE = 1, 2

audit_app = typer.Typer(
    no_args_is_help=True,
    help="What the operator decided about a ChurnModel, and whether anybody has changed its record since.",
)

_Name = Annotated[str, typer.Argument(help="The ChurnModel, which may be gone.", show_default=False)]
_Namespace = Annotated[str, typer.Option("--namespace", "-n", help="Where it is, or was.")]


@audit_app.command("export")
def export_command(name: _Name, namespace: _Namespace) -> None:
    """Write every audit record to standard output, one line of JSON each.

    By KUBECONFIG or a pod's own credentials; needs the right to list ConfigMaps. Exits 2 where nothing can be read.
    """
    for line in to_lines(_from_cluster(namespace, name)):
        typer.echo(line)


@audit_app.command("verify")
def verify_command(
    name: _Name = "",
    namespace: _Namespace = "",
    file: Annotated[Path | None, typer.Option(help="An export, in place of the cluster.")] = None,
) -> None:
    """Check every link of the chain, in the cluster or in an exported file.

    Exits 1 at the first link that does not hold, naming segment, record and what differs; 2 where nothing can be
    read. A chain cannot tell that its last records were cut off: compare it with an older export.
    """
    if (file is None) != bool(name and namespace):
        raise typer.BadParameter("give either --namespace and a name, or --file alone")
    chains = _from_file(file) if file else _from_cluster(namespace, name)
    broken = [problem for uid in chains if (problem := _check(uid, chains))]
    for problem in broken:
        typer.echo(f"error: {problem}", err=True)
    if broken:
        raise typer.Exit(_BROKEN)


def _check(uid: str, chains: Chains) -> str | None:
    segments = chains[uid]
    found = verify(uid, segments)
    if found.broken:
        return f"{found.broken.segment}: record {found.broken.sequence}: {found.broken.what}"
    typer.echo(f"{uid}: all {found.last.sequence} records in {len(segments)} segment(s) hold, up to {found.last.hash}")
    return None


def _from_cluster(namespace: str, name: str) -> Chains:
    try:
        chains = asyncio.run(read_chains(namespace, name))
    except ClusterError as error:
        raise _end(str(error)) from error
    if not chains:
        raise _end(f"there is no audit record of {name} in the namespace {namespace}")
    return chains


def _from_file(file: Path) -> Chains:
    try:
        chains = from_lines(file.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError, UnreadableExport) as error:
        raise _end(f"{file}: {error}") from error
    if not chains:
        raise _end(f"{file} holds no audit record")
    return chains


def _end(message: str) -> typer.Exit:
    typer.echo(f"error: {message}", err=True)
    return typer.Exit(_UNREADABLE)
