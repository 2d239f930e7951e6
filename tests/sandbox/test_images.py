"""The images that sandboxes are made of: what is in them, and how they are built."""

import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from jobs.sandbox import Sandboxes

pytestmark = pytest.mark.docker

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("base", "python", "node", "go", "full")
MAY_WEIGH_MB = {"base": 240, "python": 620, "node": 720, "go": 690, "full": 1080, "proxy": 110}
TINY = "test-tiny"
FORBIDDEN = """
find / -xdev -perm /6000 -type f -printf 'raises rights: %p\\n' 2>/dev/null
find / -xdev -name EXTERNALLY-MANAGED
find /var/lib/apt/lists /var/cache/apt /var/log -type f
find /root -type f ! -name .bashrc ! -name .profile
find /usr/local/share/ca-certificates /usr/local/etc /etc/pip.conf -type f 2>/dev/null
env | grep -i -e proxy -e cert
exit 0
"""
TOOLS = "bash curl diff file find git less make patch ps python3 rg tar unzip xz zip"
BUILDS_EXTENSIONS = """
set -eu
mkdir code && cd code
printf '#include <Python.h>\\n%s\\n%s\\n' \\
    'static struct PyModuleDef it = {PyModuleDef_HEAD_INIT, "it"};' \\
    'PyMODINIT_FUNC PyInit_it(void) { return PyModule_Create(&it); }' >it.c
printf 'from setuptools import Extension, setup\\n%s\\n' \\
    'setup(name="it", version="1", ext_modules=[Extension("it", ["it.c"])])' >setup.py
for python in python3.11 python3.13; do
    $python -m pip install --quiet --no-build-isolation --target ../$python .
    PYTHONPATH=../$python $python -c 'import it; print(it)'
    $python -m venv --without-pip ../venv-$python
done
"""
BUILDS_ADDON = """
set -eu
mkdir addon && cd addon
printf '#include <node_api.h>\\n%s\\n%s\\n' \\
    'static napi_value made(napi_env e, napi_value x) {napi_create_int32(e, 42, &x); return x;}' \\
    'NAPI_MODULE(it, made)' >it.c
echo '{"targets": [{"target_name": "it", "sources": ["it.c"]}]}' >binding.gyp
echo '{"name": "it", "version": "1.0.0", "scripts": {"install": "node-gyp rebuild"}}' >package.json
npm pack --silent
mkdir ../user && cd ../user
echo '{"name": "user", "version": "1.0.0"}' >package.json
npm install --offline --no-audit --loglevel=error ../addon/it-1.0.0.tgz
test "$(node -p 'require("it/build/Release/it.node")')" = 42
test "$(yarn --version)" != "$(echo __metadata: >yarn.lock; yarn --version)"
pnpm --version
node -e 'new (require("worker_threads").Worker)("1", {eval: true}).on("exit", process.exit)'
"""
BUILDS_WITH_C = """
set -eu
mkdir module && cd module
printf 'module example.org/it\\ngo 1.24\\n' >go.mod
printf 'package it\\n// #include <math.h>\\n// #cgo LDFLAGS: -lm\\nimport "C"\\n%s\\n' \\
    'func Root(x float64) float64 { return float64(C.sqrt(C.double(x))) }' >it.go
printf 'package it\\nimport "testing"\\n%s\\n' \\
    'func TestRoot(t *testing.T) { if Root(9) != 3 { t.Fatal("no root") } }' >it_test.go
go vet . && go test .
"""
CAN = {
    "base": (),
    "python": (BUILDS_EXTENSIONS,),
    "node": (BUILDS_ADDON,),
    "go": (BUILDS_WITH_C,),
    "full": (BUILDS_EXTENSIONS, BUILDS_ADDON, "go version"),
}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def engine(docker_host: str) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(docker_host)
    yield client
    client.close()


@pytest.fixture
def images(docker_host: str) -> Run:
    return lambda *arguments: script(ROOT / "script" / "images", *arguments, host=docker_host)


@pytest.fixture
def checkout(tmp_path: Path, engine: docker.DockerClient, sandbox_image: str) -> Iterator[Path]:
    """A copy of the definitions with a tiny image among them, which stands on the real ones."""
    assert sandbox_image
    root = tmp_path / "checkout"
    for folder in ("sandbox-images", "script"):
        shutil.copytree(ROOT / folder, root / folder)
    tiny = root / "sandbox-images" / TINY
    write(tiny / "from", "base\n")
    write(tiny / "finish", "touch /etc/finished\n")
    write(tiny / "files" / "etc" / "copied", "yes\n")
    write(tiny / "config", "# No comment.\nENV TINY=yes\n")
    write(tiny / "versions", "echo Tiny 1.2\n")
    yield root
    for image in engine.images.list(name=f"patchbay/{TINY}"):
        engine.images.remove(f"{image.id}", force=True)
    assert left_by_builds(engine, root) == []


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def script(path: Path, *arguments: str, host: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DOCKER_HOST": host}
    command: list[str | Path] = [path, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=900
    )


def start_building(root: Path, host: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "DOCKER_HOST": host, "TMPDIR": str(root.parent)}
    return subprocess.Popen(
        [root / "sandbox-images" / "build", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def built_in(engine: docker.DockerClient, root: Path) -> list[str]:
    """Return the containers that a build from this checkout has, running or not."""
    label = "dev.patchbay.build"
    labelled = engine.api.containers(all=True, filters={"label": label})
    return [one["Id"] for one in labelled if one["Labels"][label].startswith(f"{root}:")]


def left_by_builds(engine: docker.DockerClient, root: Path) -> list[str]:
    folders = [str(folder) for folder in root.parent.glob("patchbay-*")]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return [*built_in(engine, root), *folders, *(line for line in mounts if str(root) in line)]


def id_of(engine: docker.DockerClient, name: str) -> str:
    return str(engine.images.get(name).id)


def is_there(engine: docker.DockerClient, image: str) -> bool:
    return image in [one["Id"] for one in engine.api.images()]


def text_of(engine: docker.DockerClient, image: Image, path: str) -> str:
    """Return a file as it is in an image; in a container that runs, Docker may lay one over it."""
    container = engine.containers.create(image, network_mode="none")
    try:
        packed = b"".join(container.get_archive(path)[0])
    finally:
        container.remove()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        [file] = [archive.extractfile(member) for member in archive]
        assert file is not None
        return file.read().decode()


def until(holds: Callable[[], object], patience_s: float = 60) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_what_it_must_and_nothing_else(
    name: str, images: Run, engine: docker.DockerClient, sandboxes: Sandboxes
) -> None:
    built = images(name)
    assert built.returncode == 0, built.stderr
    image = engine.images.get(f"patchbay/{name}")
    assert image.attrs["Size"] < MAY_WEIGH_MB[name] * 1_000_000
    forbidden = engine.containers.run(
        image, ["sh", "-c", FORBIDDEN], user="0", network_mode="none", remove=True
    )
    assert forbidden.decode() == ""
    assert text_of(engine, image, "/etc/resolv.conf") == ""
    with sandboxes.start(f"patchbay/{name}", task_id="image", epoch=1, deadline_s=600) as box:
        found = box.exec(f"command -v {TOOLS}; id -un; python3 -V", workdir="/").output.split()
        assert len(found) == len(TOOLS.split()) + 3
        assert found[-3] == "agent"
        manifest = json.loads(box.exec("cat /etc/patchbay-image.json", workdir="/").output)
        assert found[-1] == manifest["versions"]["Python"]
        for script_ in CAN[name]:
            ran = box.exec(script_, workdir="/workspace", timeout_s=300)
            assert ran.exit_code == 0, ran.output
    assert manifest["image"] == name
    assert manifest["definition"] == image.labels["dev.patchbay.definition"]
    assert manifest["debian"]["git"].startswith("1:" + manifest["versions"]["git"])


def test_images_that_are_there_are_not_built_again(images: Run, sandbox_image: str) -> None:
    assert sandbox_image
    began = time.monotonic()
    ended = images()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert time.monotonic() - began < 2


def test_wrong_names_and_arguments_show_how_it_is_done(images: Run) -> None:
    assert "script/images" in images("--derive", "x").stderr
    ended = images("nowhere")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "There is no image nowhere" in ended.stderr
    assert " python " in ended.stderr


def test_an_image_is_a_folder(
    checkout: Path, docker_host: str, engine: docker.DockerClient
) -> None:
    build = checkout / "sandbox-images" / "build"
    ended = script(build, TINY, host=docker_host)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.startswith(f"[1/1] patchbay/{TINY}\n")
    image = engine.images.get(f"patchbay/{TINY}")
    assert "TINY=yes" in image.attrs["Config"]["Env"]
    assert image.attrs["Config"]["User"] == "agent"
    assert image.labels["dev.patchbay.versions"].endswith(", Tiny 1.2")
    shown = engine.containers.run(
        image, ["cat", "/etc/copied", "/etc/finished"], network_mode="none", remove=True
    )
    assert shown == b"yes\n"
    # The same again is nothing; another definition is another image.
    assert script(build, TINY, host=docker_host).stderr == ""
    write(checkout / "sandbox-images" / TINY / "files" / "etc" / "copied", "no\n")
    assert script(build, TINY, host=docker_host).returncode == 0
    assert id_of(engine, f"patchbay/{TINY}") != image.id
    assert not is_there(engine, f"{image.id}")


def test_a_list_says_what_there_is(checkout: Path, docker_host: str) -> None:
    build = checkout / "sandbox-images" / "build"
    listed = script(build, "--list", host=docker_host).stdout
    [python] = [line for line in listed.splitlines() if line.startswith("patchbay/python")]
    assert " MB  up to date " in python
    assert "Python 3.13." in python
    write(checkout / "sandbox-images" / "c" / "files" / "etc" / "more", "more\n")
    changed = script(build, "--list", host=docker_host).stdout
    states = {line.split()[0]: " changed " in line for line in changed.splitlines()[1:]}
    assert (states["patchbay/base"], states["patchbay/python"]) == (False, True)


def test_what_is_not_the_pinned_package_does_not_get_in(
    checkout: Path, docker_host: str, engine: docker.DockerClient
) -> None:
    write(checkout / "sandbox-images" / TINY / "npm.txt", "ms 2.1.3 sha512-AAAA\n")
    ended = script(checkout / "sandbox-images" / "build", TINY, host=docker_host)
    assert ended.returncode == 1
    assert "npm's ms 2.1.3 is not the one that was pinned" in ended.stderr
    assert engine.images.list(name=f"patchbay/{TINY}") == []


@pytest.mark.parametrize("moment", ["tree", "layer"])
def test_a_build_that_is_cut_off_leaves_nothing(
    moment: str, checkout: Path, docker_host: str, engine: docker.DockerClient
) -> None:
    write(checkout / "sandbox-images" / TINY / "finish", "sleep 300\n")
    before = id_of(engine, "patchbay/debian")
    arguments = {"tree": ("--again", TINY), "layer": (TINY,)}[moment]
    building = start_building(checkout, docker_host, *arguments)

    def under_way() -> bool:
        if moment == "tree":
            return bool(list(checkout.parent.glob("patchbay-*/tree/*/etc")))
        return bool(built_in(engine, checkout))

    until(under_way)
    building.send_signal(signal.SIGTERM)
    _, said = building.communicate(timeout=20)
    assert building.returncode == 130
    assert said.startswith("[1/")
    assert left_by_builds(engine, checkout) == []
    assert engine.images.list(name=f"patchbay/{TINY}") == []
    assert id_of(engine, "patchbay/debian") == before


def test_two_builds_at_once_are_one(checkout: Path, docker_host: str) -> None:
    both = [start_building(checkout, docker_host, TINY) for _ in range(2)]
    said = sorted(one.communicate(timeout=300)[1] for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert said[0] == "Another build is running; waiting for it\n"
    assert said[1].startswith(f"[1/1] patchbay/{TINY}\n")


def test_an_image_is_derived_with_more_packages_and_nothing_of_the_host(
    images: Run, engine: docker.DockerClient, sandboxes: Sandboxes
) -> None:
    name = "patchbay/test-derived"
    derive = ("--derive", name, "--pip", "iniconfig==2.0.0")
    ended = images(*derive)
    assert ended.returncode == 0, ended.stderr
    try:
        build = f"dev.patchbay.build={name}"
        assert not engine.containers.list(all=True, filters={"label": build})
        began = time.monotonic()
        assert images(*derive).stderr == ""
        assert time.monotonic() - began < 2
        base = engine.images.get("patchbay/python").attrs["Config"]
        config = engine.images.get(name).attrs["Config"]
        for part in ("User", "Env", "Cmd", "WorkingDir"):
            assert config[part] == base[part]
        with sandboxes.start(name, task_id="derived", epoch=1, deadline_s=60) as box:
            show = "python3 -c 'import iniconfig; print(iniconfig.__file__)'; pip show iniconfig"
            shown = box.exec(show, workdir="/").output
            assert shown.startswith("/usr/local/lib/python3.13/")
            assert "Version: 2.0.0" in shown
            assert box.exec("ls /tmp/wheels /root/.cache /etc/pip.conf", workdir="/").exit_code
            configured = box.exec("pip config list", workdir="/").output.splitlines()
            assert all(line.startswith(":env:") for line in configured)
    finally:
        engine.images.remove(name, force=True)
