"""The hooks of every bare repository: what may come in, and a note of what did."""

from pathlib import Path

WORKFLOWS_REFUSED = "DEMO_GITHUB_WORKFLOWS_REFUSED"
MOVES_FILE = "DEMO_GITHUB_MOVES_FILE"

UPDATE = f"""#!/bin/sh
# An App without the permission "workflows" may not bring workflow files along.
[ -n "${WORKFLOWS_REFUSED}" ] || exit 0
case "$3" in *[!0]*) ;; *) exit 0 ;; esac
found=$(git log -m --format= --name-only "$3" --not --all -- .github/workflows | head -n 1)
[ -z "$found" ] && exit 0
echo "refusing to allow a GitHub App to create or update workflow \\`$found\\`" \\
  "without \\`workflows\\` permission" >&2
exit 1
"""

POST_RECEIVE = f"""#!/bin/sh
# The server announces these moves when git is done.
[ -z "${MOVES_FILE}" ] || cat > "${MOVES_FILE}"
"""


def write_hooks(repository: Path) -> None:
    """Put the hooks into a bare repository."""
    folder = repository / "hooks"
    folder.mkdir(exist_ok=True)
    for name, text in {"update": UPDATE, "post-receive": POST_RECEIVE}.items():
        hook = folder / name
        hook.write_text(text)
        hook.chmod(0o755)
