import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestEmulator } from './tencent-client.ts';

const program = fileURLToPath(new URL('../../client/index.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly errors: string;
}

function start(flags: string[], env: NodeJS.ProcessEnv) {
  const child = fork(program, ['emulator', ...flags], {
    silent: true,
    env: { ...process.env, ...env },
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'exit').then(([code]): Ended => ({
    code: code as number | null,
    errors,
  }));
  return { child, ended, ready: firstLine(child) };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve(output.split('\n')[0] ?? '');
    });
  });
}

describe('lifeboat emulator', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** Runs `lifeboat emulator` as a child with an IPC channel, as `lifeboat dev` does. */
  function run(flags: string[], env: NodeJS.ProcessEnv = {}) {
    const started = start(flags, env);
    children.push(started.child);
    return started;
  }

  const plain = ['--engines', 'none', '--port', '0'];

  it('prints one JSON object when it is ready, takes its keys from the environment, ends on SIGTERM', async () => {
    const keys = { EMULATOR_ACCESS_KEY_ID: 'my-id', EMULATOR_SECRET_KEY: 'my-secret' };
    const { child, ended, ready } = run([...plain, '--json', '--seed', '7'], keys);
    const told = JSON.parse(await ready) as Record<string, unknown>;
    assert.match(String(told['emulator']), /^http:\/\/127\.0\.0\.1:\d+$/);
    const { emulator: _, ...rest } = told;
    assert.deepEqual(rest, {
      ...{ accessKeyId: 'my-id', secretKey: 'my-secret', timeScale: 60 },
      ...{ engines: 'none', seed: '7' },
    });
    const inventory = await fetch(`${String(told['emulator'])}/_emulator/inventory`);
    assert.equal(inventory.status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, errors: '' });
  });

  it('says loudly on its ready line that no database stands behind it, and ends with its parent', async () => {
    const { child, ended, ready } = run(plain);
    assert.match(await ready, /NO ENGINES/);
    child.disconnect();
    assert.equal((await ended).code, 0);
  });

  it('refuses a data directory that another emulator has, or that cannot be made, in one line', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lifeboat-test-'));
    const other = await startTestEmulator({ dataDirectory: directory });
    try {
      const choices = [
        ['none', directory],
        ['real', '/proc/nope'],
      ] as const;
      for (const [engines, dataDirectory] of choices) {
        const flags = ['--port', '0', '--engines', engines, '--data-dir', dataDirectory];
        const { code, errors } = await run(flags).ended;
        assert.equal(code, 2);
        assert.match(errors, /^The data directory [^\n]* another --data-dir\.\n$/);
      }
    } finally {
      await other.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('names the remedy in one line when the port is taken', async () => {
    const other = await startTestEmulator();
    try {
      const { ended } = run(['--engines', 'none', '--port', String(other.port)]);
      const { code, errors } = await ended;
      assert.equal(code, 2);
      assert.match(errors, /^Port \d+ .*--port.*\n$/);
    } finally {
      await other.close();
    }
  });
});
