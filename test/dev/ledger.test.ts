import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeOver } from '../../client/dev/ledger.ts';
import { beginningOf } from '../../client/dev/process-identity.ts';

describe('dev.json', () => {
  let directory: string;
  let file: string;
  let sleeper: ChildProcess;
  let reports: string[];
  const report = (line: string) => void reports.push(line);

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-ledger-'));
    file = join(directory, 'dev.json');
    reports = [];
    sleeper = spawn('sleep', ['60'], { detached: true });
    await once(sleeper, 'spawn');
  });
  afterEach(() => {
    sleeper.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });

  const identity = () => ({ pid: sleeper.pid!, began: beginningOf(sleeper.pid!)! });
  const write = (content: object) => writeFileSync(file, JSON.stringify(content));
  const goneDev = { name: 'dev', pid: 4_000_000, began: 'long ago' };

  it('lets the next dev end what a killed one left behind', async () => {
    write({ dev: goneDev, processes: [{ name: 'temporal', ...identity() }] });
    const gone = once(sleeper, 'exit');
    await takeOver({ file, report });
    assert.deepEqual(await gone, [null, 'SIGTERM']);
    assert.deepEqual(reports, [
      `Ending what an earlier run left behind: temporal (process ${sleeper.pid}).`,
    ]);
  });

  it('never leads to a process that only has the same id', async () => {
    const reused = { name: 'temporal', pid: sleeper.pid!, began: 'another boot/1' };
    write({ dev: { ...reused, name: 'dev' }, processes: [reused] });
    await takeOver({ file, report });
    assert.deepEqual([sleeper.exitCode, sleeper.signalCode, reports], [null, null, []]);
  });

  it('refuses a second dev while the first one lives, naming its process', async () => {
    write({ dev: { name: 'dev', ...identity() }, processes: [] });
    await assert.rejects(takeOver({ file, report }), {
      message: `Another lifeboat dev (process ${sleeper.pid}) runs on ${file}. Stop it, or choose another directory: --data-dir <dir>`,
    });
  });

  it('that was cut off by a crash is no obstacle', async () => {
    writeFileSync(file, '{"dev": {"na');
    const ledger = await takeOver({ file, report });
    ledger.record({ name: 'temporal', pid: sleeper.pid! });
    const content = JSON.parse(readFileSync(file, 'utf8')) as { processes: { pid: number }[] };
    assert.deepEqual(
      content.processes.map(({ pid }) => pid),
      [sleeper.pid],
    );
  });
});
