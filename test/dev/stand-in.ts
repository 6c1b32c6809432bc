/**
 * Stands in for `lifeboat emulator` and `lifeboat worker` in the tests of `lifeboat dev`: says that it
 * is ready, writes down what it was started with, and ends by SIGTERM or when dev is gone.
 * STAND_IN=<command>:<how> changes one of them: fails, silent, stubborn, shortlived.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [command = '', ...flags] = process.argv.slice(2);
const [victim, how] = (process.env['STAND_IN'] ?? '').split(':');
const behaviour = victim === command ? how : undefined;

if (behaviour === 'fails') {
  process.stderr.write('PostgreSQL cannot run here: no user\n    at somewhere.ts:1\n');
  process.exit(1);
}
process.once('disconnect', () => {
  if (behaviour !== 'stubborn') process.exit(0);
});
process.on('SIGTERM', () => {
  if (behaviour !== 'stubborn') process.exit(0);
});
if (process.env['STAND_IN_NOTES']) {
  const note = JSON.stringify({ pid: process.pid, flags, env: process.env });
  writeFileSync(`${process.env['STAND_IN_NOTES']}/${command}-${process.pid}.json`, note);
}
const say = (ready: object) => {
  if (behaviour !== 'silent') process.stdout.write(`${JSON.stringify(ready)}\n`);
};
if (command === 'emulator') {
  const port = Number(flags[flags.indexOf('--port') + 1]);
  createServer((_request, response) => response.end('{}')).listen(port, '127.0.0.1', () =>
    say({ emulator: `http://127.0.0.1:${port}`, engines: 'PostgreSQL 18.4 from npm' }),
  );
} else {
  say({ queues: ['lifeboat'] });
  process.stderr.write('2026-11-21T03:00:00Z [WARN] something to look at\n');
}
if (behaviour === 'shortlived') setTimeout(() => process.exit(7), 300);
setInterval(() => undefined, 60_000);
