"""Lets mini-swe-agent work on a task with its own agent, model and Docker environment.

It runs in the virtual environment of `others_at_work`, which has nothing of ours.
"""

import sys
from pathlib import Path

import yaml
from minisweagent import package_dir  # type: ignore[import-not-found]
from minisweagent.agents.default import DefaultAgent  # type: ignore[import-not-found]
from minisweagent.environments.docker import DockerEnvironment  # type: ignore[import-not-found]
from minisweagent.models.litellm_model import LitellmModel  # type: ignore[import-not-found]


def main() -> None:
    """Work on the task that is given, in a container of this image, with the model at this URL."""
    image, url, task = sys.argv[1:]
    given = yaml.safe_load(Path(package_dir / "config" / "default.yaml").read_text())
    reached = {"api_base": url, "api_key": "none-needed"}
    kwargs = {**given.get("model", {}).get("model_kwargs", {}), **reached}
    model = LitellmModel(
        **{**given.get("model", {}), "model_name": "openai/scripted", "model_kwargs": kwargs},
        cost_tracking="ignore_errors",
    )
    environment = DockerEnvironment(image=image, run_args=["--rm", "--network", "none"])
    try:
        DefaultAgent(model, environment, **given["agent"]).run(task)
    finally:
        environment.cleanup()


if __name__ == "__main__":
    main()
