import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import pg from 'pg';
import { cloneCloud } from '../activities/tencent-postgres-clone/cloud.ts';
import { openEndpoint } from '../activities/tencent-postgres-clone/instance.ts';
import { freePort } from '../client/dev/ports.ts';
import { startStack, type Stack } from '../client/dev/stack.ts';
import type { UndoRequest } from '../workflows/by-run.ts';
import type { RestoredInstance } from '../workflows/restore.ts';

const source = 'postgres-6xk2v1qa';
const login = { user: 'orders_app', password: 'orders-app-2026', database: 'orders' };
const fingerprint = `count(*)::int as count, md5(string_agg(o::text, ',' order by id)) as hash`;

interface Print {
  count: number;
  hash: string;
}

/** The whole of it with a real PostgreSQL behind: what `lifeboat dev` starts. */
describe('a restore with real rows', () => {
  let stack: Stack;
  let directory: string;
  let connection: Connection;
  let client: Client;

  before(async function () {
    this.timeout(120_000);
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-rows-'));
    stack = await startStack({
      temporalPort: await freePort(),
      uiPort: await freePort(),
      emulatorPort: await freePort(),
      dataDirectory: directory,
      engines: 'real',
    });
    connection = await Connection.connect({ address: stack.temporalAddress });
    client = new Client({ connection, namespace: stack.namespace });
  });

  after(async () => {
    await connection?.close();
    await stack?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const restore = (workflowId: string, from: object) =>
    client.workflow.execute('tencentPostgresClone', {
      taskQueue: 'lifeboat',
      workflowId,
      args: [{ source, from, name: 'rows' }],
    }) as Promise<RestoredInstance>;

  const undo = (request: UndoRequest) =>
    client.workflow.execute('undo', {
      taskQueue: 'lifeboat',
      workflowId: `undo/${request.run}/${Math.random()}`,
      args: [request],
    });

  it('holds exactly the rows committed up to the chosen second, and refuses to go while a client is connected', async function () {
    this.timeout(120_000);
    const shop = await connected(await addressOf(stack, source));
    const target = new Date(Math.ceil(Date.now() / 1000) * 1000);
    await sleep(target.getTime() + 300 - Date.now());
    const { rows } = await shop.query<Print>(
      `select ${fingerprint} from orders o where pg_xact_commit_timestamp(xmin) <= $1`,
      [target],
    );
    await sleep(target.getTime() + 1000 - Date.now());
    await shop.query('delete from orders');
    await shop.query(
      `insert into orders (total, note, created_at) values (1, 'after', now()), (2, 'after', now())`,
    );
    await shop.end();

    const pointInTime = `${target.toISOString().slice(0, 19).replace('T', ' ')} +00:00`;
    const clone = await restore('rows/second', { pointInTime });
    const copy = await connected(clone.endpoint);
    const found = await copy.query<Print>(`select ${fingerprint} from orders o`);
    assert.deepEqual(found.rows[0], rows[0]);
    assert.ok(found.rows[0]!.count > 20_000);

    const request = { run: 'rows/second', instanceId: clone.instanceId, destroy: true };
    await assert.rejects(undo(request), (error) => {
      assert.ok(error instanceof WorkflowFailedError);
      assert.equal(
        error.cause?.message,
        'NOT REMOVED  client sessions: 1 open. Nothing was changed.',
      );
      return true;
    });
    await copy.end();
    await undo(request);
    assert.deepEqual(await livingClones(stack), []);
  });
});

describe('npm run demo', () => {
  it('ends with 0 and one JSON line whose rows are equal, and leaves nothing behind', async function () {
    this.timeout(120_000);
    const { code, stdout } = await demo('--json');
    assert.equal(code, 0, stdout);
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
      restores: Record<string, unknown>[];
      leftBehind: unknown[];
    };
    const [entry] = last.restores;
    assert.deepEqual([last.restores.length, last.leftBehind], [1, []]);
    assert.deepEqual([entry!['type'], entry!['outcome']], ['tencentPostgresClone', 'succeeded']);
    assert.equal(entry!['rowsInClone'], entry!['rowsAtTarget']);
    assert.ok((entry!['rowsAtTarget'] as number) > 20_000);
    assert.match(String(entry!['engineActual']), /^PostgreSQL \d+/);
    assert.match(String(entry!['instanceId']), /^postgres-/);
    assert.ok((entry!['seconds'] as number) < 90);
  });
});

async function connected(endpoint: { host: string; port: number }): Promise<pg.Client> {
  const database = new pg.Client({ ...endpoint, ...login });
  await database.connect();
  return database;
}

interface Item {
  id: string;
  origin: string;
  deletedAt: string | null;
}

async function livingClones(stack: Stack): Promise<string[]> {
  const answer = await fetch(`${stack.emulatorUrl}/_emulator/inventory`);
  return ((await answer.json()) as Item[])
    .filter(({ origin, deletedAt }) => origin === 'call' && deletedAt === null)
    .map(({ id }) => id);
}

/** Where the API says that an instance listens, asked with the stack's own account. */
async function addressOf(stack: Stack, id: string): Promise<{ host: string; port: number }> {
  const before = { ...process.env };
  Object.assign(process.env, stack.env);
  try {
    const timing = { requestMs: 5000, lookMs: 1000 };
    const cloud = cloneCloud({ account: 'tencent-emulator', region: 'ap-guangzhou', timing });
    return openEndpoint((await cloud.instance(id))!)!;
  } finally {
    process.env = before;
  }
}

function demo(...flags: string[]): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(process.execPath, ['dist/client/demo/index.js', ...flags]);
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout })));
}
