"""Loads the fixtures that start the real services; each lives in a module of its own."""

from importlib.util import find_spec

_SERVICES = (
    "tests.fixtures.docker_engine",
    "tests.fixtures.local_github",
    "tests.fixtures.postgres_server",
    "tests.fixtures.redis_server",
    "tests.fixtures.scripted_model",
)

pytest_plugins = [name for name in _SERVICES if find_spec(name)]
