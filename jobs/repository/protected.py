"""The tables of paths: what the bot never changes, and what a person must look at if it does."""

import re
from fnmatch import fnmatchcase

from jobs.repository.paths import folded

# A name in a folder list holds for the folder at any depth; a name in a file list likewise.
BLOCKED_FOLDERS = {
    ".github": "what runs on GitHub, and its settings, are for people to change",
    ".husky": "hooks that run on people's machines",
    ".githooks": "hooks that run on people's machines",
    ".claude": "settings of coding tools",
    ".codex": "settings of coding tools",
    ".cursor": "settings of coding tools",
    ".vscode": "settings that run programs in an editor",
    ".devcontainer": "settings that run programs in an editor",
}
BLOCKED_FILES = {
    ".git*": "git's own settings change what others check out",
    ".lfsconfig": "git's own settings change what others check out",
    "codeowners": "who has to review is for people to change",
    ".mcp.json": "settings of coding tools",
    ".claude.json": "settings of coding tools",
}
STEERING = "how tests are run"
STEERING_FILES = (
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "tox.ini",
    "setup.cfg",
    "sitecustomize.py",
    "usercustomize.py",
    ".coveragerc",
    "noxfile.py",
    "jest.config.*",
    "vitest.config.*",
    "vitest.workspace.*",
    "vite.config.*",
    ".mocharc*",
    "ava.config.*",
    ".taprc",
    "karma.conf.*",
    "playwright.config.*",
    "cypress.config.*",
    "babel.config.*",
    ".babelrc*",
    "*.pth",
)
"""One of these can make every test pass, whatever the code does."""
_MAKE_FILES = ("makefile", "gnumakefile", "*.mk")
WARNED_FOLDERS = {
    ".circleci": "what runs in CI",
    ".buildkite": "what runs in CI",
    ".woodpecker": "what runs in CI",
    ".gitlab": "what runs in CI",
}
WARNED_FILES = {
    ".gitlab-ci.yml": "what runs in CI",
    "jenkinsfile*": "what runs in CI",
    ".travis.yml": "what runs in CI",
    "appveyor.yml": "what runs in CI",
    ".appveyor.yml": "what runs in CI",
    "azure-pipelines*.yml": "what runs in CI",
    "bitbucket-pipelines.yml": "what runs in CI",
    ".drone.yml": "what runs in CI",
    "cloudbuild.y*ml": "what runs in CI",
    ".pre-commit-config.y*ml": "what runs before people commit",
    "action.y*ml": "what runs in CI",
    "makefile": "how the project is built",
    "gnumakefile": "how the project is built",
    "*.mk": "how the project is built",
    "justfile": "how the project is built",
    "taskfile.y*ml": "how the project is built",
    "rakefile": "how the project is built",
    "cmakelists.txt": "how the project is built",
    "dockerfile*": "how the project is built",
    "*.dockerfile": "how the project is built",
    "containerfile*": "how the project is built",
    "docker-compose*.y*ml": "how the project is built",
    "compose*.y*ml": "how the project is built",
    **dict.fromkeys(STEERING_FILES, STEERING),
    "agents.md": "instructions to coding tools",
    "claude.md": "instructions to coding tools",
    "claude.local.md": "instructions to coding tools",
    "gemini.md": "instructions to coding tools",
    ".cursorrules": "instructions to coding tools",
    ".ripgreprc": "settings of coding tools",
    "readme*": "the project's front page",
    "pyproject.toml": "dependencies and build",
    "setup.py": "dependencies and build",
    "requirements*.txt": "dependencies",
    "requirements*.in": "dependencies",
    "constraints*.txt": "dependencies",
    "pipfile*": "dependencies",
    "environment*.y*ml": "dependencies",
    "*.lock": "dependencies",
    "*.lockb": "dependencies",
    "*.lockfile": "dependencies",
    "package.json": "dependencies and build",
    "package-lock.json": "dependencies",
    "npm-shrinkwrap.json": "dependencies",
    "pnpm-lock.yaml": "dependencies",
    "pnpm-workspace.yaml": "dependencies",
    ".npmrc": "where dependencies come from",
    ".yarnrc*": "where dependencies come from",
    "pip.conf": "where dependencies come from",
    "deno.json*": "dependencies",
    "go.mod": "dependencies",
    "go.sum": "dependencies",
    "go.work*": "dependencies",
    "cargo.toml": "dependencies and build",
    "build.rs": "runs when the project is built",
    "gemfile": "dependencies",
    "*.gemspec": "dependencies",
    "composer.json": "dependencies",
    "pom.xml": "dependencies and build",
    "build.gradle*": "dependencies and build",
    "settings.gradle*": "dependencies and build",
    "gradlew*": "runs when the project is built",
    "mvnw*": "runs when the project is built",
    "mix.exs": "dependencies and build",
    "pubspec.yaml": "dependencies",
    "package.swift": "dependencies",
    "*.csproj": "dependencies",
    "packages.lock.json": "dependencies",
}
_REQUIREMENTS_FOLDER = re.compile(r"(?:^|/)requirements/[^/]+\.(?:txt|in)$")


def why_blocked(path: str) -> str:
    """Say why the bot may not change this path, or nothing."""
    *folders, name = (folded(part) for part in path.split("/"))
    for folder in folders:
        if why := BLOCKED_FOLDERS.get(folder):
            return why
        if folder.startswith(".git") and folder not in WARNED_FOLDERS:
            return BLOCKED_FILES[".git*"]
    return "" if name in WARNED_FILES else _match(name, {**BLOCKED_FOLDERS, **BLOCKED_FILES})


def why_warned(path: str) -> str:
    """Say why a person must look at a change of this path, or nothing."""
    *folders, name = (folded(part) for part in path.split("/"))
    for folder in folders:
        if why := WARNED_FOLDERS.get(folder):
            return why
    if _REQUIREMENTS_FOLDER.search("/".join([*folders, name])):
        return "dependencies"
    return _match(name, WARNED_FILES)


def steers_tests(path: str) -> bool:
    """Say whether a test runner reads from this file how it has to run."""
    return _is_one_of(path, STEERING_FILES)


def steers_make(path: str) -> bool:
    """Say whether `make` reads from this file what it has to run."""
    return _is_one_of(path, _MAKE_FILES)


def _is_one_of(path: str, shapes: tuple[str, ...]) -> bool:
    name = folded(path.rsplit("/", 1)[-1])
    return any(fnmatchcase(name, shape) for shape in shapes)


def _match(name: str, table: dict[str, str]) -> str:
    return next((why for shape, why in table.items() if fnmatchcase(name, shape)), "")
