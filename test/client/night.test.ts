import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { freePort } from '../../client/dev/ports.ts';
import { startStack, type Stack } from '../../client/dev/stack.ts';
import { viewRun, type RunView } from '../../client/run-view.ts';
import type { InventoryRow } from '../../emulator/inventory.ts';
import type { Plan, Points, Source } from '../../workflows/inquiries.ts';
import { guestWith, type Guest, until } from '../emulator/tencent-client.ts';
import { lifeboat, type Ended } from './cli.ts';

const orders = 'postgres-6xk2v1qa';

/**
 * A night on the local stack, as a script sees it. Six restores run side by side from the start, told apart
 * by their storage: what a fault is armed on, and what the others are not.
 */
describe('The command line on a running stack', function () {
  this.timeout(90_000);
  let directory: string;
  let stack: Stack;
  let guest: Guest;
  let stuck: string;
  let connection: Connection;
  let client: Client;
  let keeping: () => Promise<{ kept: Ended; undone: Ended }>;
  let removing: () => Promise<Record<'other' | 'binned' | 'first' | 'again', Ended>>;
  const runs = new Map<string, Promise<Ended>>();

  const cli = (...args: string[]) => lifeboat(args, { env: stack.env });
  const id = (name: string) => `night/${name}`;
  const request = (name: string, more: object = {}) => {
    const path = join(directory, `${name}.yaml`);
    const from = { backup: 'latest' };
    writeFileSync(path, stringify({ source: orders, from, name, reason: 'INC-4821', ...more }));
    return path;
  };
  const restore = (name: string, more: object, ...flags: string[]) => {
    const given = ['-f', request(name, more), '--yes', '--id', id(name), ...flags];
    runs.set(name, cli('restore', ...given));
  };
  const arm = (Storage: number, fault: object) =>
    guest.arm({ action: 'CloneDBInstance', match: { Storage }, ...fault });
  const inventory = async (name: string) =>
    (await guest.control<InventoryRow[]>('GET', '/inventory')).filter((row) =>
      row.name.startsWith(`${name}-lb`),
    );
  const viewOf = (name: string) => viewRun(client, id(name));
  /** Goes on by itself from the start; a test awaits it. */
  const meanwhile = <T>(name: string, steps: () => Promise<T>): (() => Promise<T>) => {
    const going = runs.get(name)!.then(steps);
    going.catch(() => undefined);
    return () => going;
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-night-'));
    stack = await startStack({
      temporalPort: await freePort(),
      uiPort: await freePort(),
      emulatorPort: await freePort(),
      dataDirectory: join(directory, 'data'),
      timeScale: 600,
      engines: 'none',
    });
    guest = guestWith(stack.emulatorUrl, {
      accessKeyId: stack.env['EMULATOR_ACCESS_KEY_ID'] ?? '',
      secretKey: stack.env['EMULATOR_SECRET_KEY'] ?? '',
    });
    connection = await Connection.connect({ address: stack.temporalAddress });
    client = new Client({ connection, namespace: stack.namespace });
    const code = 'OperationDenied.InsufficientBalanceError';
    await arm(110, { fault: 'refuse', code, message: 'Insufficient account balance.' });
    await arm(120, { fault: 'buildFails' });
    await arm(140, { fault: 'buildFails' });
    stuck = await arm(150, { fault: 'stuck', status: 'cloning' });
    restore('lines', {});
    restore('refused', { target: { Storage: 110 } });
    const prepaid = { Storage: 120, InstanceChargeType: 'PREPAID' };
    restore('left', { target: prepaid, acceptNoUndo: true });
    restore('json', { target: { Storage: 130 } }, '--json');
    restore('failed', { target: { Storage: 140 } });
    restore('stuck', { target: { Storage: 150 } }, '--detach');
    const accept = '--accept-unknown-sessions';
    keeping = meanwhile('json', async () => {
      const { instanceId = '' } = await viewOf('json');
      const kept = await cli('keep', id('json'), '--by', 'me', '--protect', '--json');
      const flags = ['--instance', instanceId, '--destroy', accept];
      return { kept, undone: await cli('undo', id('json'), ...flags) };
    });
    removing = meanwhile('lines', async () => {
      const { instanceId = '' } = await viewOf('lines');
      const undo = (instance: string, ...flags: string[]) =>
        cli('undo', id('lines'), '--instance', instance, ...flags);
      return {
        other: await undo(orders, '--destroy'),
        binned: await undo(instanceId, accept),
        first: await undo(instanceId, '--destroy', accept),
        again: await undo(instanceId, '--destroy', accept),
      };
    });
  });
  after(async () => {
    await Promise.allSettled([...runs.values(), keeping?.(), removing?.()]);
    await connection?.close();
    await stack?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('restore --detach starts, says how to follow, and returns 0', async () => {
    const { code, stdout, stderr } = await runs.get('stuck')!;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^night\/stuck {3}http/m);
    assert.match(
      stdout,
      /Follow it: lifeboat watch night\/stuck {3}Undo: lifeboat cancel night\/stuck/,
    );
  });

  it('a second start of a running id is refused with exit code 2, and starts nothing', async () => {
    const again = await cli(
      ...['restore', '-f', request('stuck', { reason: 'another' }), '--yes', '--id', id('stuck')],
    );
    assert.equal(again.code, 2);
    assert.match(
      again.stderr,
      /^night\/stuck is still running \(started .* ago\); nothing was started/,
    );
    assert.equal((await inventory('stuck')).length <= 1, true);
  });

  it('sources lists what can be restored, --json as JSON', async () => {
    const [text, json] = await Promise.all([cli('sources'), cli('sources', '--json')]);
    assert.equal(text.code, 0);
    assert.match(
      text.stdout,
      new RegExp(`^${orders} +orders +PostgreSQL 16\\.2 +running +100 `, 'm'),
    );
    assert.match(text.stdout, /^Next: lifeboat points <id>$/m);
    const listed = JSON.parse(json.stdout) as Source[];
    assert.equal(listed.find((each) => each.id === orders)?.restore, 'tencentPostgresClone');
  });

  it('points shows the window and the backups, --json as JSON', async () => {
    const [text, json] = await Promise.all([
      cli('points', orders),
      cli('points', orders, '--json'),
    ]);
    assert.match(text.stdout, /^any second {2}20.* … 20.*\+08:00 {2}\(end moves, /m);
    assert.match(text.stdout, /more: --all/);
    const points = JSON.parse(json.stdout) as Points;
    assert.ok(points.window && points.backups.some(({ usable }) => usable));
  });

  it('plan proves everything, sends no create, and echoes a bare clock time in full', async () => {
    const [text, json] = await Promise.all([
      cli('plan', orders, '--at', '00:00', '--name', 'midnight'),
      cli('plan', orders, '--ago', '30m', '--set', 'Storage=200', '--json'),
    ]);
    assert.equal(text.code, 0, text.stderr);
    assert.match(
      text.stdout,
      /^ {2}to +20\d\d-\d\d-\d\d 00:00:00 \+08:00 = 20\d\d-\d\d-\d\d 16:00:00 UTC, .* ago; later commits/m,
    );
    assert.match(
      text.stdout,
      /^ {2}makes +midnight-lb… {2}pg\.it\.medium4, 100 GB, by the hour; vpc-/m,
    );
    assert.match(text.stdout, /^ {2}checks +\d ok, /m);
    const plan = JSON.parse(json.stdout) as Plan;
    assert.equal(plan.plan.parameters['Storage'], 200);
    assert.deepEqual([await inventory('midnight'), json.code], [[], 0]);
  });

  it('restore of what cannot be restored starts nothing', async () => {
    const { code, stderr } = await cli('restore', orders, '--backup', 'b0a1', '--yes');
    assert.equal(code, 1);
    assert.match(stderr, /^NOT CREATED {2}restore point: no such backup.* Nothing was started\.$/m);
  });

  it('restore --yes tells each step in a plain line and ends with 0', async () => {
    const { code, stdout, stderr } = await runs.get('lines')!;
    assert.equal(code, 0, stdout + stderr);
    for (const line of [
      /^PLAN {2}tencentPostgresClone {3}account tencent-emulator/m,
      /^\d\d:\d\d:\d\d check +\d ok, /m,
      /^\d\d:\d\d:\d\d create +accepted postgres-\w+ {3}deal \S+ {3}request [0-9a-f-]{36}$/m,
      /^\d\d:\d\d:\d\d wait +running \(seen twice\), [\d.]+:5432 open$/m,
      /^RESTORED in \d+:\d\d \(Tencent \d+:\d\d, Lifeboat \d+:\d\d\)\. Not verified/m,
      /^ {2}next +lifeboat keep night\/lines --protect {3}\| {3}lifeboat undo night\/lines --instance/m,
    ])
      assert.match(stdout, line);

    assert.doesNotMatch(stdout, /\u001B|\r/, 'terminal codes in a log');
    const lines = stdout.trimEnd().split('\n');
    assert.equal(new Set(lines).size, lines.length, `a line twice:\n${stdout}`);
  });

  it('restore --json ends with one line that holds the result', async () => {
    const { code, stdout } = await runs.get('json')!;
    assert.equal(code, 0);
    assert.equal(stdout.trimEnd().split('\n').length, 1);
    const { state, result, left } = JSON.parse(stdout) as RunView;
    assert.deepEqual([state, left], ['Completed', []]);
    assert.equal(result?.restoredFrom.source, orders);
    assert.match(result.requestIds['CloneDBInstance'] ?? '', /^[0-9a-f-]{36}$/);
  });

  it('a refusal of the cloud ends with exit code 1: nothing was bought', async () => {
    const { code, stdout } = await runs.get('refused')!;
    assert.match(
      stdout,
      /^NOT CREATED {2}Tencent: OperationDenied\.InsufficientBalanceError "Insufficient account balance\." request [0-9a-f-]{36}\. Nothing was made\. Top up the account, run the same line\.$/m,
    );
    assert.equal(code, 1);
    assert.deepEqual(await inventory('refused'), []);
  });

  it('a restore that fails in the cloud is undone and ends with exit code 1', async () => {
    const { code, stdout } = await runs.get('failed')!;
    assert.match(stdout, /^FAILED {2}postgres-\w+ is \w+ without our asking/m);
    assert.match(stdout, /^ {2}undo +postgres-\w+ is gone; nothing is left$/m);
    assert.equal(code, 1);
    const [made] = await inventory('failed');
    assert.ok(made?.deletedAt, 'it is still there');
  });

  it('what cannot be undone ends with exit code 3 and is named with the way to remove it', async () => {
    const { code, stdout } = await runs.get('left')!;
    assert.match(stdout, /^LEFT BEHIND {2}postgres-\w+ \w+, seen .*: it is prepaid/m);
    assert.match(stdout, /^ {2}tccli postgres IsolateDBInstances --region ap-guangzhou/m);
    assert.equal(code, 3);
  });

  it('status says what a run is doing, and what happens if you do nothing', async () => {
    const { code, stdout } = await cli('status', id('stuck'));
    assert.equal(code, 0);
    assert.match(stdout, /^night\/stuck {2}Running, /m);
    assert.match(stdout, /time runs 600 times faster/);
    assert.match(stdout, /^now +wait: postgres-\w+ is cloning/m);
    assert.match(
      stdout,
      /^If you do nothing: it goes on by itself; if it fails, what it made is deleted\.$/m,
    );
  });

  it('status of a run that nobody knows is refused in one line', async () => {
    const { code, stderr } = await cli('status', 'night/unknown');
    assert.deepEqual(
      [code, stderr],
      [2, 'No run night/unknown at this Temporal. lifeboat list shows the runs.\n'],
    );
  });

  it('list shows the runs, and --open only those that are running', async () => {
    const listed = async (...flags: string[]) =>
      (JSON.parse((await cli('list', '--json', ...flags)).stdout) as { run: string }[]).map(
        ({ run }) => run,
      );
    const seen = await until(
      () => listed(),
      (names) => names.length >= 6,
    );
    assert.deepEqual(
      new Set(seen.at(-1)),
      new Set(['lines', 'refused', 'left', 'json', 'failed', 'stuck'].map(id)),
    );
    assert.deepEqual(await listed('--open', '--source', orders), [id('stuck')]);
  });

  it('cancel asks for the instance id, and takes no other', async () => {
    const [unasked, wrong] = await Promise.all([
      cli('cancel', id('stuck')),
      cli('cancel', id('stuck'), '--instance', orders),
    ]);
    assert.equal(unasked.code, 2);
    assert.match(
      unasked.stdout,
      /^This destroys postgres-\w+ \(wait, .*The source is not touched\./m,
    );
    assert.match(unasked.stderr, /Nobody can answer here: add --instance postgres-/);
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.stderr,
      /made postgres-\w+, not postgres-6xk2v1qa; nothing was cancelled\.$/m,
    );
    assert.equal((await viewOf('stuck')).cancelRequested, undefined);
  });

  it('cancel --yes undoes what was made and ends with exit code 5', async () => {
    const cancelling = cli('cancel', id('stuck'), '--yes');
    await until(
      async () => (await viewOf('stuck')).cancelRequested,
      (requested) => requested !== undefined,
    );
    await guest.control('DELETE', `/faults/${stuck}`); // a clone cannot be isolated before it is made
    const { code, stdout } = await cancelling;
    assert.match(stdout, /^CANCELLED {2}postgres-\w+ is gone; nothing is left$/m);
    assert.equal(code, 5);
    const [made] = await inventory('stuck');
    assert.ok(made?.deletedAt, 'it is still there');
  });

  it('cancel of what has ended is refused and points to undo', async () => {
    const { code, stderr } = await cli('cancel', id('lines'), '--yes');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /is Completed already; nothing was cancelled\. .*lifeboat undo night\/lines --inst/,
    );
  });

  it('watch of what has ended tells its story and repeats its exit code', async () => {
    const [text, json] = await Promise.all([
      cli('watch', id('stuck')),
      cli('watch', id('stuck'), '--json'),
    ]);
    assert.match(text.stdout, /^\d\d:\d\d:\d\d create +accepted[^]*^CANCELLED/m);
    assert.deepEqual([text.code, json.code], [5, 5]);
    assert.equal((JSON.parse(json.stdout) as RunView).state, 'Cancelled');
  });

  it('keep hands over for ever: undo refuses what somebody keeps', async () => {
    const { kept, undone } = await keeping();
    assert.equal(kept.code, 0, kept.stderr);
    const answer = JSON.parse(kept.stdout) as { run: string; kept: object };
    assert.deepEqual([answer.run, answer.kept], [id('json'), { by: 'me', protect: true }]);
    assert.match(
      undone.stderr,
      /^NOT REMOVED {2}instance: .*: kept by me\. Nothing was changed\.$/m,
    );
    assert.equal(undone.code, 1);
    const [made] = await inventory('json');
    assert.equal(made?.deletedAt, null);
    const { DBInstance } = await guest.client.DescribeDBInstanceAttribute({
      DBInstanceId: made.id,
    });
    assert.equal(DBInstance?.DeletionProtection, true);
  });

  it('undo takes only the instance that the run made', async () => {
    const { other } = await removing();
    assert.match(
      other.stderr,
      /^NOT REMOVED {2}night\/lines did not make postgres-6xk2v1qa; its hist/,
    );
    assert.equal(other.code, 1);
  });

  it('undo without --destroy stops in the recycle bin and says for how long', async () => {
    const { binned } = await removing();
    assert.match(
      binned.stdout,
      /^postgres-\w+ is in the recycle bin\. .* 3 days; DisIsolateDBInstances/,
    );
    assert.equal(binned.code, 0, binned.stderr);
  });

  it('undo --destroy removes it for good, and may be repeated', async () => {
    const { first, again } = await removing();
    const [made] = await inventory('lines');
    assert.ok(made?.deletedAt, 'it is still there');
    assert.deepEqual([first.code, again.code], [0, 0], first.stderr);
    assert.equal(first.stdout, `${made.id} is gone.\n`);
    assert.equal(again.stdout, `${made.id} is gone.\n`);
  });
});
