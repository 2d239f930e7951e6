"""Tells package managers how to behave: in a set-up behind a proxy, and afterwards without one."""

import shlex
from collections.abc import Mapping

from jobs.setup.plan import VENV

CERTIFICATES = "/tmp/set-up-certificates.pem"  # noqa: S108 - inside the sandbox
OWN_TMP = 'export TMPDIR="$HOME/.cache/set-up"; mkdir -p "$TMPDIR"\n'
"""Wheels are unpacked where there is room; what lies there is removed before the rest is kept."""
_BIN = "$HOME/.local/bin"

_ASK_NOBODY = {
    "PIP_NO_INPUT": "1",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_NO_CACHE": "1",
    "UV_LINK_MODE": "copy",
    "UV_NO_PROGRESS": "1",
    # Once here, and not in every sandbox that starts from what is kept.
    "UV_COMPILE_BYTECODE": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_PROJECT_ENVIRONMENT": VENV,
    "POETRY_NO_INTERACTION": "1",
    "POETRY_VIRTUALENVS_CREATE": "false",
    "PDM_CHECK_UPDATE": "0",
    "PDM_IGNORE_SAVED_PYTHON": "1",
    "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
    "HUSKY": "0",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "GOFLAGS": "-modcacherw",
}
# Browsers and the like come from hosts that are not on the list, and fail an install.
_WITHOUT_BROWSERS = {
    "PUPPETEER_SKIP_DOWNLOAD": "1",
    "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1",
    "CYPRESS_INSTALL_BINARY": "0",
    "ELECTRON_SKIP_BINARY_DOWNLOAD": "1",
}
_CERTIFICATES_OF = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "npm_config_cafile",
    "CARGO_HTTP_CAINFO",
)
# Yarn 4 does not look at the names that all others know.
_YARNS_PROXY = 'export YARN_HTTP_PROXY="$HTTP_PROXY" YARN_HTTPS_PROXY="$HTTPS_PROXY"\n'
_SAME_FOR_UV = (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_EXTRA_INDEX_URL", "UV_INDEX"))
# Without a network each of these would try for a while before it says so.
_OFFLINE = {
    "PIP_NO_INDEX": "1",
    "UV_OFFLINE": "1",
    "UV_NO_SYNC": "1",
    "npm_config_offline": "true",
    "GOPROXY": "off",
}


def lasting(*, with_python: bool) -> str:
    """Return the exports that the set-up and every command after it begin with."""
    lines = [_exports(_ASK_NOBODY), 'export npm_config_prefix="$HOME/.local"']
    path = f"{_BIN}:$PATH"
    if with_python:
        lines.append(f"export VIRTUAL_ENV={VENV}")
        path = f"{VENV}/bin:{path}"
    return "\n".join([*lines, f'export PATH="{path}"', ""])


def offline() -> str:
    """Return the exports that are added when the network is gone."""
    return _exports(_OFFLINE) + "\n"


def behind_proxy(operators: Mapping[str, str]) -> str:
    """Return the exports for the commands of the set-up alone; the operator's count most."""
    certificates = dict.fromkeys(_CERTIFICATES_OF, CERTIFICATES)
    same = {ours: operators[pips] for pips, ours in _SAME_FOR_UV if pips in operators}
    return (
        _YARNS_PROXY + _exports({**_WITHOUT_BROWSERS, **certificates, **same, **operators}) + "\n"
    )


def _exports(values: Mapping[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())
