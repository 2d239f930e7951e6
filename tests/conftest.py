"""Loads the fixtures that start the real services; each lives in a module of its own."""

pytest_plugins = [
    "tests.fixtures.browser",
    "tests.fixtures.docker_engine",
    "tests.fixtures.local_github",
    "tests.fixtures.postgres_server",
    "tests.fixtures.redis_server",
    "tests.fixtures.scripted_model",
    "tests.bot.own_pull",
    "tests.jobs.desk",
    "tests.jobs.reviewing",
]
