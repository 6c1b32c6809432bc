import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { orders, type EmulatedAccount } from '../support/emulated-account.ts';
import { runOf } from '../support/runs.ts';
import { scenes, type Scene } from '../support/scenes.ts';
import { temporalCli } from '../support/temporal-cli.ts';

const byCli = (id: string) =>
  ['--type', 'tencentPostgresClone', '--task-queue', 'lifeboat', '--workflow-id', id] as const;

describe('Requests that never met our client', () => {
  const scene = scenes();

  it(
    'a bad one ends the run in one line that names every fault, outermost, and makes nothing',
    scene(async (stage) => {
      const id = `bad-${randomUUID()}`;
      const input = JSON.stringify({
        ...{
          account: stage.name,
          source: 'rm-bp1',
          from: { pointInTime: '02:41', backup: 'latest' },
        },
        ...{
          name: 'orders!',
          target: { Storrage: 300, Name: 'x', Period: 3 },
          deadlines: { wait: 5 },
        },
      });
      const answer = await temporalCli(
        stage,
        'workflow',
        'execute',
        ...byCli(id),
        '--input',
        input,
      );
      assert.notEqual(answer.code, 0);
      const run = runOf(stage.harness.client, id);
      const { type, message } = await run.failure();
      assert.equal(type, 'InvalidRequest');
      assert.equal(message.split('\n').length, 1);
      for (const fault of [
        'source: a Tencent PostgreSQL instance id, such as postgres-6xk2v1qa',
        'from.pointInTime: write a moment with its offset',
        'from: give one of backup, pointInTime, ago, not pointInTime and backup',
        'name: Chinese or English letters, digits, _ and - only',
        'target.Storrage: unknown field, did you mean Storage?',
        'target.Name: use name',
        'deadlines.wait: expected string',
      ])
        assert.ok(message.includes(fault), `missing "${fault}" in: ${message}`);
      assert.ok(answer.stdout.includes(message), answer.stdout);
      const described = await temporalCli(stage, 'workflow', 'describe', '-w', id);
      assert.ok(described.stdout.includes(message), described.stdout);
      assert.equal(await run.exitCode(), 2);
      assert.deepEqual(await stage.account.audit(), []);
    }),
  );

  it(
    'no input at all is a bad request, not a run that hangs',
    scene(async (stage) => {
      const id = `empty-${randomUUID()}`;
      await temporalCli(stage, 'workflow', 'start', ...byCli(id));
      const { type, message } = await runOf(stage.harness.client, id).failure();
      assert.equal(type, 'InvalidRequest');
      assert.match(message, /required/);
    }),
  );

  it(
    'an account that this worker does not have is refused with those that it has',
    scene(async ({ restore }) => {
      const { type, message } = await (await restore({ account: 'nowhere' })).failure();
      assert.equal(type, 'InvalidRequest');
      assert.match(
        message,
        /account: no tencent account nowhere on this worker \(it has: .*account-/,
      );
    }),
  );

  it(
    'the example request restores when Temporal’s own command line starts it from a file',
    scene(async (stage) => {
      const example = new URL(
        '../../../examples/requests/tencentPostgresClone.yaml',
        import.meta.url,
      );
      const request = parse(readFileSync(fileURLToPath(example), 'utf8')) as object;
      const directory = mkdtempSync(join(tmpdir(), 'lifeboat-request-'));
      const file = join(directory, 'request.json');
      writeFileSync(file, JSON.stringify({ ...request, account: stage.name }));
      const id = `good-${randomUUID()}`;
      const start = await temporalCli(
        stage,
        'workflow',
        'start',
        ...byCli(id),
        '--input-file',
        file,
      );
      rmSync(directory, { recursive: true });
      assert.equal(start.code, 0, start.stderr);
      const result = await runOf(stage.harness.client, id).result();
      const made = await stage.account.theInstance();
      stage.stays(made.id);
      assert.equal(result.instanceId, made.id);
      assert.equal(made.status, 'running');
    }),
  );
});

interface Refused {
  claim: string;
  /** Brings the condition about; answers what to change in the request. */
  given(account: EmulatedAccount): Promise<object> | object;
  says: RegExp;
}

const beijing = (at: number) =>
  `${new Date(at + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} +08:00`;
const minute = 60_000;

interface BackupRow {
  Id: string;
  BackupMethod: string;
  State: string;
}

async function backupIn(account: EmulatedAccount, wanted: Partial<BackupRow>): Promise<string> {
  const list = await account.call<{ BaseBackupSet: BackupRow[] }>('DescribeBaseBackups', {
    Filters: [{ Name: 'db-instance-id', Values: [orders] }],
    Limit: 100,
  });
  const found = list.BaseBackupSet.find((row) =>
    Object.entries(wanted).every(([key, value]) => row[key as keyof BackupRow] === value),
  );
  assert.ok(found, `no backup like ${JSON.stringify(wanted)}`);
  return found.Id;
}

const nodes = (primary: string, standby: string) => ({
  target: {
    DBNodeSet: [
      { Role: 'Primary', Zone: primary },
      { Role: 'Standby', Zone: standby },
    ],
  },
});

const refused: Refused[] = [
  {
    claim: 'an isolated source is refused with the call that brings it back',
    given: async (account) => {
      await account.call('IsolateDBInstances', { DBInstanceIdSet: [orders] });
      await account.untilStatus(orders, 'isolated');
      return {};
    },
    says: /source: postgres-6xk2v1qa is isolated\. DisIsolateDBInstances brings it back/,
  },
  {
    claim: 'a source that does not exist has no point in time',
    given: () => ({ source: 'postgres-nosuch00' }),
    says: /source: postgres-nosuch00 does not exist in this region\..*a point in time needs a living source/,
  },
  {
    claim: 'a backup id that nobody knows is refused with those that can be restored',
    given: () => ({ from: { backup: '9e52e2f3-0000-5a1c-9c35-8f7a6d1f9c55' } }),
    says: /restore point: no such backup: .*Restorable: [0-9a-f]{8}-/,
  },
  {
    claim: 'a logical backup is refused',
    given: async (account) => ({
      from: { backup: await backupIn(account, { BackupMethod: 'logical' }) },
    }),
    says: /restore point: .*: logical finished/,
  },
  {
    claim: 'a failed backup is refused',
    given: async (account) => ({ from: { backup: await backupIn(account, { State: 'failed' }) } }),
    says: /restore point: .*: physical failed/,
  },
  {
    claim: 'a moment before the window is refused with the earliest one',
    given: async (account) => ({
      from: { pointInTime: beijing((await account.now()) - 30 * 24 * 60 * minute) },
    }),
    says: /restore point: .* lies before the window; the earliest is --at "20/,
  },
  {
    claim: 'a moment in the future is refused by the cloud’s clock, not the worker’s',
    given: async (account) => ({
      from: { pointInTime: beijing((await account.now()) + 2 * minute) },
    }),
    says: /restore point: .* lies in the future .*on the cloud's clock/,
  },
  {
    claim: 'a disk smaller than the data is refused before it fails hours later',
    given: () => ({ target: { Storage: 30 } }),
    says: /storage: 30 GB \(expected: at least 40 GB \(DescribeCloneDBInstanceSpec\)\)/,
  },
  {
    claim: 'a spec that is not sold is refused with those that are',
    given: () => ({ target: { SpecCode: 'pg.it.huge999' } }),
    says: /spec: pg\.it\.huge999 \(expected: sold in ap-guangzhou-3: .*pg\.it\.medium4/,
  },
  {
    claim: 'a spec below what the restore needs is refused',
    given: () => ({ target: { SpecCode: 'pg.it.small2' } }),
    says: /spec: pg\.it\.small2: .*expected: at least pg\.it\.medium4/,
  },
  {
    claim: 'a zone that is out of service is refused',
    given: () => nodes('ap-guangzhou-3', 'ap-guangzhou-2'),
    says: /zones: ap-guangzhou-2 is UNAVAILABLE/,
  },
  {
    claim: 'a zone that nobody knows is refused',
    given: () => nodes('ap-guangzhou-3', 'ap-guangzhou-9'),
    says: /zones: ap-guangzhou-9 is unknown/,
  },
  {
    claim: 'every failed precondition is named, not only the first',
    given: () => ({ target: { Storage: 30, ...nodes('ap-guangzhou-3', 'ap-guangzhou-2').target } }),
    says: /storage: 30 GB .*zones: ap-guangzhou-2 is UNAVAILABLE/,
  },
];

describe('Preconditions that fail', () => {
  const scene = scenes();

  for (const { claim, given, says } of refused)
    it(
      claim,
      scene(async ({ account, restore }) => {
        const run = await restore(await given(account));
        const { type, message } = await run.failure();
        assert.equal(type, 'PreconditionFailed');
        assert.match(message, says);
        assert.match(message, /^NOT CREATED {2}.* Nothing was made\.$/s);
        assert.equal(message.split('\n').length, 1);
        assert.equal(await run.exitCode(), 1);
        assert.deepEqual(await account.creates(), []);
        assert.deepEqual(await account.made(), []);
      }),
    );
});

async function waitsThenRestores(
  { account, restore, stays }: Scene,
  asked: { change: object; says: RegExp; then: () => Promise<unknown> },
) {
  const run = await restore(asked.change);
  await run.says(asked.says);
  assert.deepEqual(await account.creates(), []);
  await asked.then();
  const { instanceId, checks } = await run.result();
  stays(instanceId);
  assert.equal((await account.instance(instanceId)).status, 'running');
  assert.ok(checks.every(({ ok }) => ok === 'yes' || ok === 'warn'));
  assert.equal((await account.creates()).length, 1);
}

describe('Preconditions that come true by themselves', () => {
  const scene = scenes();

  it(
    'a source that is busy is waited for',
    scene(async (stage) => {
      const { account, stays } = stage;
      // A clone of somebody else that is built, and then busy until the fault is disarmed.
      await account.armCreate({ fault: 'flap', status: 'job running' });
      const busy = await account.armCreate({ fault: 'stuck', status: 'job running' });
      const source = await cloneBySomebodyElse(account);
      stays(source);
      await account.untilStatus(source, 'job running');
      await waitsThenRestores(stage, {
        change: { source, from: { backup: 'latest' } },
        says: new RegExp(`source: ${source} is job running \\(expected: running\\)`),
        then: () => account.disarm(busy),
      });
    }),
  );

  it(
    'a moment after the window’s end is waited for until the window has moved',
    scene(
      async (stage) => {
        const now = await stage.account.now();
        await waitsThenRestores(stage, {
          change: { from: { pointInTime: beijing(now) } },
          says: /is not restorable yet: window ends .*, and moves/,
          then: () => Promise.resolve(),
        });
      },
      // The window lags 3 s behind here: long enough to be seen.
      { scale: 12, first: true },
    ),
  );

  it(
    'a cloud that does not answer is asked again',
    scene(async (stage) => {
      const outage = await stage.account.arm({ action: '*', fault: 'dropBefore', times: 1000 });
      await waitsThenRestores(stage, {
        change: {},
        says: /Cannot read postgres-6xk2v1qa: no answer/,
        then: () => stage.account.disarm(outage),
      });
    }),
  );

  it(
    'a precondition that does not come true before the check’s deadline fails and makes nothing',
    scene(async ({ account, restore }) => {
      const code = 'OperationDenied.InstanceStatusLimitOpError';
      await account.arm({
        ...{ action: 'DescribeAvailableRecoveryTime', fault: 'refuse', code, times: 1000 },
      });
      const run = await restore({ deadlines: { check: '1s' } });
      const { type, message } = await run.failure();
      assert.equal(type, 'PreconditionFailed');
      assert.match(
        message,
        /^Not restorable before the check’s deadline\. Last seen: .*recovery window/,
      );
      assert.deepEqual(await account.creates(), []);
    }),
  );
});

async function cloneBySomebodyElse(account: EmulatedAccount): Promise<string> {
  const { DBInstanceId } = await account.call<{ DBInstanceId: string }>('CloneDBInstance', {
    ...{ DBInstanceId: orders, SpecCode: 'pg.it.medium4', Storage: 100, Period: 1 },
    ...{ AutoRenewFlag: 0, VpcId: 'vpc-7a4k2m9x', SubnetId: 'subnet-3f8d1c6b' },
    ...{ Name: 'somebody-elses', InstanceChargeType: 'POSTPAID_BY_HOUR' },
    BackupSetId: await backupIn(account, { BackupMethod: 'physical', State: 'finished' }),
  });
  return DBInstanceId;
}
