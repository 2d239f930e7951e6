"""GitHub's own JavaScript client works against the local GitHub."""

import json
import subprocess
from pathlib import Path

from tests.demo_github.conftest import World
from tests.demo_github.receiver import receiver

NODE = Path(__file__).parent.parent / "node"


def test_octokit_does_a_bots_work(checked_world: World) -> None:
    world = checked_world
    with receiver() as bot:
        world.github.set_webhook("patchbay", bot.url)
        world.github.open_issue("ann/shop", "ann", "Prices are wrong")
        (delivery,) = bot.wait_for(1)
        world.github.set_webhook("patchbay", "")
    for number in range(4):
        world.github.comment("ann/shop", 1, "ann", f"comment {number}")
    given = {
        "url": world.github.api_url,
        "app_id": world.app_id,
        "private_key": world.private_key,
        "owner": "ann",
        "repo": "shop",
        "secret": "s" * 40,
        "delivery": {
            "id": delivery.headers["X-GitHub-Delivery"],
            "signature": delivery.headers["X-Hub-Signature-256"],
            "body": delivery.body.decode(),
        },
    }
    done = subprocess.run(
        ["node", "octokit.mjs"],
        cwd=NODE,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    saw = json.loads(done.stdout)
    assert (saw["slug"], saw["installations"]) == ("patchbay", [world.installation_id])
    assert (saw["issue"], saw["heard"]) == ("Prices are wrong", "Prices are wrong")
    assert saw["comments"] == [*(f"comment {number}" for number in range(4)), "changed"]
    assert saw["permission"] == ["write", "maintain"]
    assert saw["pull"]["draft"] is True
    assert saw["pull"]["head"] == saw["commit"] == world.head("octokit/fix")
    assert "+fixed" in saw["diff"]
    assert saw["stale"] == "STALE_DATA"
    assert saw["signature"] is True
