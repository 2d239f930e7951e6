"""Says what an operator allows of what a project wishes for its environment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.settings import SetupSettings
from jobs.project_file.nodes import PROJECT_FILE

_HOLDS = {
    "patchbay/base": frozenset[str](),
    "patchbay/python": frozenset({"python"}),
    "patchbay/node": frozenset({"node"}),
    "patchbay/go": frozenset({"go"}),
    "patchbay/full": frozenset({"python", "node", "go"}),
}
"""Our own images, and the languages that each is for, the smallest first."""

DigestOf = Callable[[str], str | None]


@dataclass(frozen=True)
class Image:
    """The image of a task, its id on this machine, and why it is not the one that was wished."""

    name: str
    digest: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetupRules:
    """What a set-up may use; the repository chooses within it, and nothing else."""

    enabled: bool
    minutes: float
    hosts: tuple[str, ...]
    hosts_on_request: tuple[str, ...]
    environment: Mapping[str, str]
    images: tuple[str, ...]
    one_image: str = ""
    """The image that the operator wants for everything, if any."""
    fallback: str = "patchbay/python"

    @classmethod
    def of(cls, settings: SetupSettings) -> "SetupRules":
        """Read them from the settings."""
        chosen = "sandbox_image" in settings.model_fields_set
        return cls(
            enabled=settings.setup == "on",
            minutes=settings.setup_minutes,
            hosts=settings.network_hosts,
            hosts_on_request=settings.network_hosts_on_request,
            environment=dict(pair.split("=", 1) for pair in settings.setup_env),
            images=settings.sandbox_images,
            one_image=settings.sandbox_image if chosen else "",
            fallback=settings.sandbox_image,
        )

    def hosts_for(self, wished: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the hosts that a set-up reaches, and a problem for each that it does not get."""
        wished = tuple(dict.fromkeys(wished))
        allowed = (*self.hosts, *self.hosts_on_request)
        granted = tuple(host for host in wished if is_among(host, allowed))
        problems = tuple(
            f"`{PROJECT_FILE}`: `env.network_hosts` names {host}, which the operator does not allow"
            for host in wished
            if host not in granted
        )
        return tuple(dict.fromkeys((*self.hosts, *granted))), problems

    def image_for(
        self,
        wished: str,
        languages: frozenset[str],
        digest_of: DigestOf,
        beside: frozenset[str] = frozenset(),
    ) -> Image:
        """Choose the image: the project's wish, the operator's own, or by the languages.

        Of the images for these `languages` one counts first that is for those `beside` them too.
        """
        problems: tuple[str, ...] = ()
        if wished:
            name = wished if "/" in wished else f"patchbay/{wished}"
            if name in (*self.images, self.one_image) and (digest := digest_of(name)):
                return Image(name, digest)
            words = "which is not among the operator's images on this machine"
            problems = (f"`{PROJECT_FILE}`: `env.image` names {wished}, {words}",)
        if self.one_image:
            return Image(self.one_image, digest_of(self.one_image) or "", problems)
        for needed in dict.fromkeys((languages | beside, languages)):
            for name, holds in _HOLDS.items():
                if name in self.images and needed <= holds and (digest := digest_of(name)):
                    return Image(name, digest, problems)
        return Image(self.fallback, digest_of(self.fallback) or "", problems)


def is_among(host: str, allowed: Iterable[str]) -> bool:
    """Say whether a host is in a list in which `.example.org` stands for all names below it."""
    return any(host.endswith(each) if each.startswith(".") else host == each for each in allowed)
