"""Installs by npm once more, without what neither the registry nor the allowed hosts give."""

from jobs.setup.plan import REPORTS, Step

_MOST_TRIES = 6
# Of what npm says on standard error, the package that it ended at; then one change of package.json
# for it, which goes with the code before what was installed is kept. Fails where there is none.
_MEND = """\
const fs = require("fs");
const said = fs.readFileSync(process.argv[2], "utf8");
const project = JSON.parse(fs.readFileSync("package.json", "utf8"));
const named = (pattern) => (said.match(pattern) || [])[1];
const report = (line) => console.log(`REPORTS ${line}`);
const fromGit = named(/Refusing to fetch "(@?[^@"\\s]+)@/);
const noVersion = named(/No matching version found for (@?[^@\\s]+)@/);
const noPackage = named(/'(@?[^@'\\s]+)@[^'\\n]*' (?:is not in this registry|could not be found)/);
const wanted = project.devDependencies || {};
const name = noVersion || noPackage;
if (fromGit) {
    project.overrides = project.overrides || {};
    if (project.overrides[fromGit]) process.exit(1);
    project.overrides[fromGit] = ">=0";  // npm takes `*` for no override
    report(`${fromGit} came from the registry, not from a git server`);
} else if (name && Object.hasOwn(wanted, name)) {
    const spec = wanted[name];
    const any = noVersion && spec !== "*";
    if (any) wanted[name] = "*"; else delete wanted[name];
    const instead = any ? "another version was taken" : "left out";
    report(`the registry does not have ${name}@${spec}: ${instead}`);
} else process.exit(1);
fs.writeFileSync("package.json", JSON.stringify(project, null, 2));
""".replace("REPORTS", REPORTS)
_AGAIN = """\
cat >"$TMPDIR/mend.js" <<'END_OF_MEND'
{mend}END_OF_MEND
for _ in {tries}; do
    {install} 2>"$TMPDIR/said" && exit 0
    node "$TMPDIR/mend.js" "$TMPDIR/said" || break
done
cat "$TMPDIR/said"
false
"""


def npm_again(install: str) -> Step:
    """Take from the registry what is wanted from a git server, and leave out what it has not.

    Only a package that the project itself wants for its development is left out, and where the
    registry has it in another version, that one is taken.
    """
    tries = " ".join(str(number + 1) for number in range(_MOST_TRIES))
    command = _AGAIN.format(mend=_MEND, tries=tries, install=install)
    return Step(command, label=f"{install}, with what the registry has")
