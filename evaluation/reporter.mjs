// Writes what node's own tests come to into a file beside this one, apart from what is printed.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const out = fs.openSync(fileURLToPath(new URL('./node.jsonl', import.meta.url)), 'a');
const { writeSync } = fs;
const { stringify } = JSON;
const relative = (file) => (file ? path.relative(process.cwd(), file) : '');
const write = (row) => writeSync(out, stringify({ process: process.pid, ...row }) + '\n');

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A file that ends by itself with 0 is called a test that passed, whatever was run of it.
    const wholeFile = path.resolve(String(data.name)) === data.file;
    if (data.details?.type !== 'suite' && !wholeFile) {
      write({
        type: 'result', name: data.name, file: relative(data.file || process.argv[1]),
        ok: type === 'test:pass' || data.todo !== undefined, skip: data.skip !== undefined,
      });
    }
  }
  write({ type: 'finished' });
  yield '';
}
