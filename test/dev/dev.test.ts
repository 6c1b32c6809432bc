import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { freePort } from '../../client/dev/ports.ts';
import { beginningOf } from '../../client/dev/process-identity.ts';

const script = fileURLToPath(new URL('./dev-with-stand-in.js', import.meta.url));

interface Ready {
  temporal: string;
  namespace: string;
  ui: string;
  emulator: string;
  env: Record<string, string>;
}

describe('lifeboat dev', () => {
  let directory: string;
  let flags: string[];
  let running: ChildProcess[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-dev-'));
    mkdirSync(notes());
    running = [];
    const [temporal, ui, emulator] = [await freePort(), await freePort(), await freePort()];
    flags = ['--temporal-port', `${temporal}`, '--ui-port', `${ui}`].concat(
      ['--emulator-port', `${emulator}`, '--data-dir', data(), '--time-scale', '120'],
      ['--engines', 'none', '--json'],
    );
  });
  afterEach(async () => {
    for (const dev of running) dev.kill('SIGKILL');
    await gone(recorded());
    rmSync(directory, { recursive: true, force: true });
  });

  const data = () => join(directory, 'data');
  const notes = () => join(directory, 'notes');

  const start = (options: { standIn?: string; env?: Record<string, string> } = {}) => {
    const env = { ...process.env, ...options.env, STAND_IN: options.standIn ?? '' };
    const dev = spawn(process.execPath, [script, 'dev', ...flags], {
      env: { ...env, STAND_IN_NOTES: notes() },
    });
    running.push(dev);
    const seen = { dev, out: '', err: '', ended: once(dev, 'exit') };
    dev.stdout.on('data', (chunk: Buffer) => (seen.out += chunk.toString()));
    dev.stderr.on('data', (chunk: Buffer) => (seen.err += chunk.toString()));
    return seen;
  };
  type Seen = ReturnType<typeof start>;

  const until = async (what: () => boolean): Promise<void> => {
    for (let tries = 0; !what(); tries++) {
      assert.ok(tries < 600, `within 15 s: ${what.toString()}`);
      await delay(25);
    }
  };
  const ready = async (seen: Seen): Promise<Ready> => {
    await until(() => seen.out.includes('\n') || seen.dev.exitCode !== null);
    assert.ok(seen.out, seen.err);
    return JSON.parse(seen.out) as Ready;
  };
  const recorded = (): { name: string; pid: number }[] => {
    try {
      const text = readFileSync(join(data(), 'dev.json'), 'utf8');
      return (JSON.parse(text) as { processes: { name: string; pid: number }[] }).processes;
    } catch {
      return [];
    }
  };
  const gone = (processes: { pid: number }[]) =>
    until(() => processes.every(({ pid }) => beginningOf(pid) === undefined));
  const noted = (command: string) => {
    const file = readdirSync(notes()).find((name) => name.startsWith(command)) ?? '';
    return JSON.parse(readFileSync(join(notes(), file), 'utf8')) as {
      flags: string[];
      env: Record<string, string>;
    };
  };

  it('prints one JSON line with the addresses and the environment of a worker by hand', async () => {
    const seen = start();
    const line = await ready(seen);
    assert.deepEqual(Object.keys(line), ['temporal', 'namespace', 'ui', 'emulator', 'env']);
    const [, temporal, , ui, , emulator] = flags;
    assert.deepEqual(
      [line.temporal, line.namespace, line.ui, line.emulator],
      [
        `127.0.0.1:${temporal}`,
        'default',
        `http://127.0.0.1:${ui}`,
        `http://127.0.0.1:${emulator}`,
      ],
    );
    const worker = noted('worker');
    for (const [name, value] of Object.entries(line.env))
      assert.equal(worker.env[name], value, name);
    assert.equal(line.env['LIFEBOAT_TIME_SCALE'], '120');
    assert.equal(line.env['LIFEBOAT_LOOPBACK_ONLY'], '1');
    assert.match(
      readFileSync(line.env['LIFEBOAT_CONFIG'] ?? '', 'utf8'),
      new RegExp(`tencent-emulator:[^]*endpoint: "${line.emulator}"[^]*emulator: true`),
    );
    assert.deepEqual(
      noted('emulator').flags.filter((flag) => flag.startsWith('--')),
      ['--port', '--data-dir', '--time-scale', '--engines', '--json'],
    );
  });

  it("hands nobody's cloud credentials and no other Temporal on", async () => {
    const env = {
      TENCENTCLOUD_SECRET_ID: 'real',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'real',
      JDCLOUD_ACCESS_KEY: 'real',
      TEMPORAL_API_KEY: 'real',
      TEMPORAL_ADDRESS: 'temporal.corp:7233',
    };
    await ready(start({ env }));
    for (const command of ['worker', 'emulator']) {
      const values = Object.values(noted(command).env);
      assert.ok(!values.includes('real') && !values.includes('temporal.corp:7233'), command);
    }
  });

  it('leaves no process behind when it is asked to stop', async () => {
    const seen = start();
    await ready(seen);
    const processes = recorded();
    assert.deepEqual(processes.map(({ name }) => name).sort(), ['emulator', 'temporal', 'worker']);
    seen.dev.kill('SIGTERM');
    assert.deepEqual(await seen.ended, [0, null]);
    assert.deepEqual(
      processes.map(({ pid }) => beginningOf(pid)),
      [undefined, undefined, undefined],
    );
    assert.deepEqual(recorded(), []);
  });

  it('killed, takes everything with it, and started again goes on with every run', async () => {
    const first = start();
    const { temporal } = await ready(first);
    const processes = recorded();
    const startRun = Connection.connect({ address: temporal });
    const { workflow } = new Client({ connection: await startRun });
    await workflow.start('anything', { workflowId: 'survivor', taskQueue: 'nobody-polls' });
    first.dev.kill('SIGKILL');
    await gone(processes);

    await ready(start());
    try {
      const { status } = await workflow.getHandle('survivor').describe();
      assert.equal(status.name, 'RUNNING');
    } finally {
      await (await startRun).close();
    }
  });

  it('starts what dies again, and says so', async () => {
    const seen = start();
    await ready(seen);
    for (const { pid } of recorded()) process.kill(pid, 'SIGKILL');
    const parts = ['The Temporal server', 'The emulator', 'The worker'];
    await until(() => parts.every((part) => seen.err.includes(`${part} is back.`)));
    for (const part of parts) {
      assert.ok(seen.err.includes(`${part} ended (SIGKILL): starting it again.`));
    }
    seen.dev.kill('SIGTERM');
    assert.deepEqual(await seen.ended, [0, null]);
  });

  it('shows the warnings of its parts, and not the rest', async () => {
    const seen = start();
    await ready(seen);
    await until(() => seen.err.includes('worker: '));
    assert.deepEqual(seen.err.trim().split('\n'), [
      'worker: 2026-11-21T03:00:00Z [WARN] something to look at',
    ]);
  });

  it('ends in one line when the emulator does not start, and leaves nothing', async () => {
    const seen = start({ standIn: 'emulator:fails' });
    assert.deepEqual(await seen.ended, [2, null]);
    assert.equal(seen.out, '');
    const log = join(data(), 'logs', 'emulator.log');
    assert.equal(
      seen.err.trim().split('\n').at(-1),
      `The emulator did not start (exit code 1): PostgreSQL cannot run here: no user (log: ${log})`,
    );
    await gone(recorded());
  });

  it('can be called off while it is starting', async () => {
    const seen = start({ standIn: 'worker:silent' });
    await until(() => recorded().length === 3);
    const processes = recorded();
    seen.dev.kill('SIGINT');
    assert.deepEqual(await seen.ended, [5, null]);
    assert.equal(seen.out, '');
    await gone(processes);
  });

  it('asked twice to stop, ends at once whatever a part is doing', async () => {
    const seen = start({ standIn: 'worker:stubborn' });
    await ready(seen);
    const processes = recorded();
    seen.dev.kill('SIGINT');
    await delay(600); // sooner a second one is taken for the first, handed on by npx
    seen.dev.kill('SIGINT');
    assert.deepEqual(await seen.ended, [130, null]);
    await gone(processes);
  });
});
