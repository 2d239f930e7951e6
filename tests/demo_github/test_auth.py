"""Who may call: Apps by JWT, installations and people by token."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.demo_github.conftest import World


def stranger_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_an_app_is_known_by_its_jwt(world: World) -> None:
    answer = world.call("GET", "/app", world.jwt())
    assert answer.status_code == 200
    assert (answer.json()["slug"], answer.json()["id"]) == ("patchbay", world.app_id)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"expires": -1}, "'Expiration time' claim ('exp') must be a numeric value"),
        ({"expires": 700}, "'Expiration time' claim ('exp') is too far in the future"),
        ({"issued": 200}, "'Issued at' claim ('iat') must be an Integer"),
        ({"exp": "soon"}, "Missing 'exp' claim"),
        ({"iss": "4711"}, "Integration not found"),
    ],
)
def test_a_jwt_with_wrong_times_or_issuer_is_refused(
    world: World, times: dict[str, int], words: str
) -> None:
    answer = world.call("GET", "/app", world.jwt(**times))
    assert answer.status_code == 401
    assert answer.json()["message"].startswith(words)


def test_a_jwt_of_another_key_or_another_algorithm_is_refused(world: World) -> None:
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 300, "iss": str(world.app_id)}
    forged = [
        jwt.encode(claims, stranger_key(), "RS256"),
        jwt.encode(claims, "secret" * 10, "HS256"),
        jwt.encode(claims, "", "none"),
        "not.a.jwt",
    ]
    for each in forged:
        answer = world.call("GET", "/app", each)
        assert answer.status_code == 401
        assert answer.json()["message"] == "A JSON web token could not be decoded"


def test_a_renewed_key_makes_the_old_one_worthless(world: World) -> None:
    old = world.jwt()
    world.private_key = world.github.renew_key("patchbay")
    assert world.call("GET", "/app", old).status_code == 401
    assert world.call("GET", "/app", world.jwt()).status_code == 200


def test_a_token_lives_for_an_hour(world: World) -> None:
    token = world.token()
    path = "/installation/repositories"
    assert world.call("GET", path, token).status_code == 200
    world.github.advance_clock(3590)
    assert world.call("GET", path, token).status_code == 200
    world.github.advance_clock(20)
    answer = world.call("GET", path, token)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_a_revoked_token_opens_nothing(world: World) -> None:
    token = world.token()
    assert world.call("DELETE", "/installation/token", token).status_code == 204
    assert world.call("GET", "/installation/repositories", token).status_code == 401


def test_a_token_can_be_narrowed_but_never_widened(world: World) -> None:
    path = f"/app/installations/{world.installation_id}/access_tokens"
    narrowed = world.call("POST", path, world.jwt(), {"permissions": {"issues": "read"}}).json()
    assert narrowed["permissions"] == {"issues": "read", "metadata": "read"}
    assert [each["full_name"] for each in narrowed["repositories"]] == ["ann/shop"]
    refused: list[dict[str, Any]] = [
        {"permissions": {"workflows": "write"}},
        {"permissions": {"metadata": "write"}},
        {"repositories": ["other"]},
        {"repository_ids": [1]},
    ]
    for asked in refused:
        assert world.call("POST", path, world.jwt(), asked).status_code == 422


def test_a_token_for_one_repository_does_not_see_another(world: World) -> None:
    world.github.install("patchbay", "ann/other")
    repository_id = world.call("GET", "/repos/ann/shop", world.token()).json()["id"]
    narrow = world.token(repository_ids=[repository_id])
    assert world.call("GET", "/repos/ann/other", world.token()).status_code == 200
    assert world.call("GET", "/repos/ann/other", narrow).status_code == 404
    assert world.call("GET", f"/repositories/{repository_id}", narrow).status_code == 200


def test_a_suspended_installation_can_do_nothing(world: World) -> None:
    token = world.token()
    world.github.suspend(world.installation_id)
    assert world.call("GET", "/repos/ann/shop", token).status_code == 401
    path = f"/app/installations/{world.installation_id}/access_tokens"
    assert world.call("POST", path, world.jwt()).status_code == 403


def test_each_credential_opens_only_its_own_doors(world: World) -> None:
    person = world.github.user_token("ann")
    assert world.call("GET", "/user", person).json()["login"] == "ann"
    assert world.call("GET", "/user", world.token()).status_code == 403
    assert world.call("GET", "/app", world.token()).status_code == 401
    assert world.call("GET", "/app").status_code == 401
    assert world.call("GET", "/repos/ann/shop", "ghs_invented").status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/users/patchbay%5Bbot%5D", "/user", "/repos/ann/shop", "/rate_limit", "/search/issues"],
)
def test_a_jwt_opens_what_belongs_to_the_app_and_nothing_else(world: World, path: str) -> None:
    answer = world.call("GET", path, world.jwt())
    words = "A JSON web token could not be decoded"
    assert (answer.status_code, answer.json()["message"]) == (401, words)
    for own in ("/app", "/app/installations", "/apps/patchbay", "/repos/ann/shop/installation"):
        assert world.call("GET", own, world.jwt()).status_code == 200


def test_the_date_header_follows_the_moved_clock(world: World) -> None:
    world.github.advance_clock(86_400 * 400)
    answer = world.call("GET", "/meta")
    year = int(answer.headers["Date"].split()[3])
    assert year > time.gmtime().tm_year
