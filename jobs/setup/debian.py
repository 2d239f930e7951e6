"""Brings in Debian packages without root: they are unpacked into a folder of the environment."""

import shlex
from collections.abc import Sequence

from jobs.setup.plan import Step

PLACE = "/workspace/debian"
# The lists and the downloads are the set-up's own; what is installed is what the image has.
_FETCH = """\
set -eu
state="$TMPDIR/apt"
mkdir -p "$state/lists/partial" "$state/archives/partial" {place}
apt() {{
    apt-get -q -o Dir::State="$state" -o Dir::State::Status=/var/lib/dpkg/status \\
        -o Dir::Cache="$state" -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}}
apt update
apt install --yes --no-install-recommends --download-only {packages}
for each in "$state"/archives/*.deb; do
    [ ! -e "$each" ] || dpkg -x "$each" {place}
done
rm -rf "$state"
"""


def debian_steps(packages: Sequence[str]) -> list[Step]:
    """Fetch the packages with what they need and the image has not, and unpack them."""
    if not packages:
        return []
    named = shlex.join(packages)
    command = _FETCH.format(place=PLACE, packages=named)
    return [Step(command, label=f"unpack {named} from Debian into {PLACE}")]


def exports() -> str:
    """Return the lines by which programs, compilers and linkers find what was unpacked."""
    libraries = f"{PLACE}/usr/lib/$HOSTTYPE-linux-gnu:{PLACE}/usr/lib:{PLACE}/lib"
    headers = f"{PLACE}/usr/include:{PLACE}/usr/include/$HOSTTYPE-linux-gnu"
    packages = f"{PLACE}/usr/lib/$HOSTTYPE-linux-gnu/pkgconfig:{PLACE}/usr/share/pkgconfig"
    lines = (
        f'PATH="$PATH:{PLACE}/usr/bin:{PLACE}/usr/sbin"',
        f'LD_LIBRARY_PATH="{libraries}"',
        f'LIBRARY_PATH="{libraries}"',
        f'CPATH="{headers}"',
        f'PKG_CONFIG_PATH="{packages}"',
        f'PKG_CONFIG_SYSROOT_DIR="{PLACE}"',
    )
    return "".join(f"export {line}\n" for line in lines)
