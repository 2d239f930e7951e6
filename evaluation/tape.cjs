// Writes what tape's tests come to into a file beside this one, apart from what is printed.
'use strict';
const fs = require('fs');
const path = require('path');
const Module = require('module');
const load = Module._load;
// Opened and kept now: tests put things into prototypes, and into modules, that all else falls over.
const out = fs.openSync(path.join(__dirname, 'tape.jsonl'), 'a');
const { writeSync } = fs;
const { stringify } = JSON;
const file = process.argv[1] ? path.relative(process.cwd(), process.argv[1]) : '';
const write = (row) => writeSync(out, stringify({ process: process.pid, file, ...row }) + '\n');
let hooked = false;
Module._load = function (request) {
  const loaded = load.apply(this, arguments);
  if (request === 'tape' && !hooked && typeof loaded.createStream === 'function') {
    hooked = true;
    write({ type: 'begin' });
    const rows = loaded.createStream({ objectMode: true });
    rows.on('data', (row) => write({
      type: row.type, id: row.id, test: row.test, parent: row.parent, name: String(row.name || ''),
      ok: row.ok === true, skip: Boolean(row.skip), todo: Boolean(row.todo),
    }));
    rows.on('end', () => write({ type: 'finished' }));
  }
  return loaded;
};
