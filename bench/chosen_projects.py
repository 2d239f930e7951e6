"""The real projects that are prepared, each a release of its registry, and what it stands for."""

from dataclasses import dataclass

from bench.releases import Release

_NODE = "node_modules/\n"
_PYTHON = "__pycache__/\n*.egg-info/\n.pytest_cache/\n.hypothesis/\nbuild/\n*.so\n"


@dataclass(frozen=True, kw_only=True)
class Project(Release):
    """A release, and what it stands for here."""

    stands_for: str

    @property
    def release(self) -> str:
        """Name it as the results do."""
        return f"{self.package} {self.version} ({self.registry})"


def _pypi(package: str, version: str, stands_for: str = "Python", archive: str = "") -> Project:
    return Project(
        package=package,
        version=version,
        archive=archive or f"{package}-{version}.tar.gz",
        seed_gitignore=_PYTHON + _NODE,
        stands_for=stands_for,
    )


def _npm(package: str, version: str, stands_for: str = "JavaScript") -> Project:
    return Project(
        registry="npm",
        package=package,
        version=version,
        archive=f"{package}-{version}.tgz",
        seed_gitignore=_NODE,
        stands_for=stands_for,
    )


PROJECTS = (
    Project(
        registry="ours",
        package="slug",
        version="1.0.0",
        archive="",
        stands_for="TypeScript with a build step",
    ),
    Project(
        registry="debian",
        package="golang-github-spf13-pflag-dev",
        version="1.0.6~git20210604-d5e0c0615ace-1",
        archive="golang-github-spf13-pflag-dev_1.0.6~git20210604-d5e0c0615ace-1_all.deb",
        strip_components=8,
        stands_for="a Go module",
    ),
    _pypi("pytest-html", "4.2.0", "Python and Node in one", "pytest_html-4.2.0.tar.gz"),
    _npm("ms", "2.1.3", "no tests"),
    _pypi("ujson", "6.1.0", "a set-up that needs a compiler"),
    _pypi("boltons", "26.0.0"),
    _npm("object-inspect", "1.13.4"),
    _pypi("marshmallow", "3.21.3"),
    _npm("qs", "6.15.1"),
    _npm("qs", "6.16.1"),
    _pypi("click", "8.3.3"),
    _pypi("attrs", "25.4.0"),
    _pypi("packaging", "26.2"),
    _pypi("lark", "1.3.1"),
)
