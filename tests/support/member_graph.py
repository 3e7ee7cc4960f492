"""One ensemble as several processes of this machine: each member alone, and the ensemble that asks them."""

from dataclasses import dataclass, field

from churn_models.bundle import Bundle
from support.free_port import free_port
from support.local_stack import LocalStack, Serving


@dataclass
class MemberGraph:
    """All members of a bundle; they start together, and can be stopped and started one by one."""

    stack: LocalStack
    bundle: Bundle
    members: dict[str, Serving] = field(default_factory=dict)
    _ports: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Of the members."""
        return [member.name for member in self.bundle.manifest.members]

    def start_members(self) -> None:
        """Start all members and wait until they are ready."""
        for name in self.names:
            self.start_member(name)
        for serving in self.members.values():
            serving.wait_ready()

    def start_member(self, name: str) -> Serving:
        """Start one member, at the ports that it had before; gives control back before it is ready."""
        rest_port, grpc_port = self._ports.setdefault(name, (free_port(), free_port()))
        process = self.stack.start_serving(str(self.bundle.folder), rest_port, grpc_port, "--member", name)
        self.members[name] = Serving(process, rest_port, grpc_port)
        return self.members[name]

    def start_ensemble(self, *more: str) -> Serving:
        """An ensemble over these members; gives control back before it is ready."""
        words = [word for name in self.names for word in ("--remote-member", f"{name}={self._target(name)}")]
        rest_port, grpc_port = free_port(), free_port()
        process = self.stack.start_serving(str(self.bundle.folder), rest_port, grpc_port, *words, *more)
        return Serving(process, rest_port, grpc_port)

    def _target(self, name: str) -> str:
        return f"127.0.0.1:{self._ports[name][1]}"
