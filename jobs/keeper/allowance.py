"""Says what a client may ask for: the operator's images and hosts, and no more than fits."""

from dataclasses import dataclass

from jobs.keeper.protocol import Start
from jobs.sandbox.errors import SandboxError


@dataclass(frozen=True)
class Allowance:
    """What the operator allows; the keeper holds to it whatever a worker asks for."""

    images: tuple[str, ...]
    network_hosts: tuple[str, ...]
    most_sandboxes: int

    def check(self, request: Start, given: int) -> None:
        """Raise SandboxError, in words for the operator, if that is not allowed."""
        if request.image not in self.images:
            raise SandboxError(
                f"the image {request.image} is not among this machine's: "
                "PATCHBAY_SANDBOX_IMAGES lists them"
            )
        unknown = [host for host in request.network_hosts or () if not self._may_reach(host)]
        if unknown:
            raise SandboxError(
                f"sandboxes may not reach {', '.join(unknown)}: "
                "PATCHBAY_NETWORK_HOSTS lists what they may"
            )
        if given >= self.most_sandboxes:
            raise SandboxError(
                f"{given} sandboxes are in use on this machine, which is the limit: "
                "PATCHBAY_SANDBOX_MOST sets it"
            )

    def _may_reach(self, host: str) -> bool:
        # `.example.org` stands for all names below it.
        return any(
            host == one or (one.startswith(".") and host.endswith(one))
            for one in self.network_hosts
        )
