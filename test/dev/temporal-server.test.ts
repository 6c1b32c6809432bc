import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { readLocalStack } from '../../client/dev/local-stack.ts';
import { accepts, freePort } from '../../client/dev/ports.ts';
import { findTemporalBinary } from '../../client/dev/temporal-binary.ts';
import { startTemporalServer } from '../../client/dev/temporal-server.ts';

describe('the Temporal server of the local stack', () => {
  const stack = readLocalStack().temporal;
  let directory: string;
  let binary: string;
  let port: number;

  before(async function () {
    this.timeout(120_000); // may download the program
    const report = (line: string) => void process.stderr.write(`${line}\n`);
    binary = (await findTemporalBinary({ wanted: stack, env: process.env, report })).path;
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-server-'));
    port = await freePort();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const options = () => ({
    binary,
    stack,
    port,
    databaseFile: join(directory, 'temporal.db'),
    logFile: join(directory, 'logs', 'temporal.log'),
  });

  it('killed and started again on its file, still has its runs', async () => {
    const first = await startTemporalServer(options());
    const connection = await Connection.connect({ address: first.address });
    const { workflow } = new Client({ connection, namespace: first.namespace });
    const typedSearchAttributes = { LifeboatOutcome: ['none yet'] };
    const handle = await workflow.start('anything', {
      workflowId: 'before-the-kill',
      taskQueue: 'nobody-polls',
      searchAttributes: typedSearchAttributes,
    });
    await first.kill();
    const second = await startTemporalServer(options());
    try {
      assert.equal((await handle.describe()).status.name, 'RUNNING');
    } finally {
      await connection.close();
      await second.stop();
    }
  });

  it('learns a search attribute that a file made earlier does not have', async () => {
    await (await startTemporalServer(options())).kill();
    const searchAttributes = { ...stack.searchAttributes, LifeboatNew: 'Keyword' as const };
    const server = await startTemporalServer({
      ...options(),
      stack: { ...stack, searchAttributes },
    });
    const connection = await Connection.connect({ address: server.address });
    try {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: server.namespace,
      });
      assert.ok('LifeboatNew' in customAttributes && 'LifeboatType' in customAttributes);
    } finally {
      await connection.close();
      await server.kill();
    }
  });

  it('that ends while starting is one line that points to its log', async () => {
    const broken = join(directory, 'temporal');
    writeFileSync(broken, '#!/bin/sh\necho "unable to open database file" >&2; exit 3\n');
    chmodSync(broken, 0o755);
    const { logFile } = options();
    await assert.rejects(startTemporalServer({ ...options(), binary: broken }), {
      message: `The Temporal server on port ${port} ended while starting (exit code 3). Its log: ${logFile}`,
    });
    assert.match(readFileSync(logFile, 'utf8'), /unable to open database file/);
  });

  it('ends soon after the process that started it was killed', async () => {
    const starter = new URL('../support/temporal.js', import.meta.url).href;
    const script = `const { startOwnTemporal } = await import(${JSON.stringify(starter)});
      console.log((await startOwnTemporal()).address); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: directory },
    });
    const [address] = (await once(owner.stdout, 'data')) as [Buffer];
    owner.kill('SIGKILL');
    const orphan = { ip: '127.0.0.1', port: Number(address.toString().trim().split(':')[1]) };
    for (let tries = 0; (await accepts(orphan)) && tries < 200; tries++) await delay(25);
    assert.equal(await accepts(orphan), false);
  });
});
