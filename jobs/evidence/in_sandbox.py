"""Holds the programs that run beside the tests: they write down how each of them ended."""

UNITTEST_RUNNER = """
import json, os, sys, unittest
sys.path[0] = os.getcwd()
said = open(sys.argv.pop(1), "a")
sys.argv[0] = "python3 -m unittest"
blocked = []
def note(**words):
    said.write(json.dumps(words) + "\\n")
    said.flush()
class Result(unittest.TextTestResult):
    def addSuccess(self, test):
        super().addSuccess(test)
        note(n=test.id(), s="p")
    def addFailure(self, test, err):
        super().addFailure(test, err)
        note(n=test.id(), s="f")
    def addError(self, test, err):
        super().addError(test, err)
        if type(test).__name__ == "_FailedTest":
            blocked.extend(str(err[1]).strip().splitlines()[-1:])
        note(n=test.id(), s="f")
    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        note(n=test.id(), s="s")
    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        note(n=test.id(), s="s")
    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        note(n=test.id(), s="f")
    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            note(n=test.id(), s="f")
class Runner(unittest.TextTestRunner):
    resultclass = Result
note(begin=True)
try:
    unittest.main(module=None, testRunner=Runner)
except SystemExit:
    note(end=True, b=(blocked or [""])[0][:500])
    raise
""".strip()
"""Stands in for `python3 -m unittest`; its first argument is the file that it writes."""

NODE_REPORTER = """
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
const say = (words) => appendFileSync('PATCHBAY_REPORT', JSON.stringify(words) + '\\n');
export default async function* report(source) {
  const above = [], within = [];
  say({ begin: true });
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      above[data.nesting] = data.name;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const depth = data.nesting, inner = within[depth + 1];
      const left = data.skip !== undefined || data.todo !== undefined;
      const failed = type === 'test:fail' && !left;
      within[depth + 1] = undefined;
      within[depth] = { failed: failed || Boolean(within[depth] && within[depth].failed) };
      const alone = inner === undefined && data.details?.type !== 'suite';
      if (alone || (failed && !inner?.failed)) {
        const file = data.file ? relative(process.cwd(), data.file) : '';
        const path = [...above.slice(0, depth), data.name].filter((name) => name !== data.file);
        say({ n: [file, ...path].filter(Boolean).join(' > '), s: left ? 's' : failed ? 'f' : 'p' });
      }
    }
  }
  say({ end: true });
}
""".strip()
"""A reporter for `node --test` that appends to one file, for a script may run node many times."""

FETCH = """
import base64, re, sys, zlib
path, start, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
try:
    data = open(path, "rb").read(33554432)
except OSError:
    sys.exit("patchbay-report none")
packed = base64.b64encode(zlib.compress(data))
if len(packed) > most and path.endswith(".xml"):
    data = re.sub(rb">[^<]+<", b"><", data)
    packed = base64.b64encode(zlib.compress(data))
packed = packed[:most].decode()
print("patchbay-report", len(packed))
for at in range(start, min(start + 14000, len(packed)), 1000):
    print("patchbay-piece", packed[at:min(at + 1000, start + 14000)])
""".strip()
"""Prints a part of a file, packed: a sandbox cuts the middle out of what is longer than that."""
