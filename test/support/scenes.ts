import assert from 'node:assert/strict';
import type { Client } from '@temporalio/client';
import type { RestoredInstance } from '../../workflows/restore.ts';
import type { UndoResult } from '../../workflows/by-run.ts';
import { openAccount, orders, type EmulatedAccount } from './emulated-account.ts';
import { harness, timeScale, workerSettings, type Harness } from './harness.ts';
import type { TimingOfTests } from './lifeboat-config.ts';
import { startRun, type Run } from './runs.ts';

/** What one test has to itself: a cloud account, and the hands to start runs on it. */
export interface Scene {
  readonly account: EmulatedAccount;
  /** Its name in lifeboat.yaml. */
  readonly name: string;
  readonly harness: Harness;
  /** A request that every check passes, with changes. */
  request(change?: object): Record<string, unknown>;
  restore(change?: object, where?: Client): Promise<Run>;
  undo(input: object): Promise<Run<UndoResult>>;
  keep(input: object): Promise<Run<{ instanceIds: string[] }>>;
  /** This instance is meant to be there, running and untouched, when the test ends. */
  stays(instanceId: string): void;
  /** Writes its entry in lifeboat.yaml anew, with a change. */
  configured: (change: { protect?: string[] }) => void;
}

export interface SceneOptions {
  timing?: TimingOfTests;
  /** Of the emulated cloud; the workers always run at the harness's. */
  scale?: number;
  /** Takes long, or needs its neighbours beside it: starts before the others. */
  first?: true;
}

type Body = (scene: Scene) => Promise<void>;

/** Restores under way at the same time; each spends its life waiting. */
const atOnce = 14;
const longestMs = 120_000;
let numbered = 0;

/**
 * Lets restores run at the same time, each test with an account of its own:
 * `const scene = scenes(); it('claim', scene(async ({ account }) => …))`. A restore is mostly waiting, so the
 * first group that mocha reaches starts the tests of all groups that are loaded, and each `it` awaits its own.
 * After each body the account is searched: an instance that a call made and nobody expects fails its test, and
 * so does a changing call that hit a source or somebody else's twin.
 */
export function scenes(): (body: Body, options?: SceneOptions) => Mocha.AsyncFunc {
  const group: Group = { plays: [] };
  groups.push(group);

  before('start the restores', async function () {
    this.timeout(120_000);
    await theCurtain();
    for (const due of isFiltered ? [group] : groups) enqueue(due.plays.splice(0));
  });
  after('give the environment back', () => {
    if (groups.every(({ plays }) => plays.length === 0) && running === 0) giveBackEnvironment();
  });

  return (body, options = {}) => {
    let settle: (outcome: Promise<void>) => void;
    const outcome = new Promise<void>((resolve) => (settle = resolve));
    outcome.catch(() => undefined);
    const run = async () => {
      const played = play(body, options);
      settle(played);
      await played.catch(() => undefined);
    };
    group.plays.push({ run, first: options.first === true });
    return async function (this: Mocha.Context) {
      this.timeout(170_000);
      await outcome;
    };
  };
}

interface Play {
  run(): Promise<void>;
  first: boolean;
}

interface Group {
  plays: Play[];
}

const groups: Group[] = [];
const queue: Play[] = [];
let running = 0;

/** Whoever asked for some tests only does not want all of them to start. */
const isFiltered = process.argv.some((word) => /^(-g|-f|--grep|--fgrep)(=|$)/.test(word));

function enqueue(plays: Play[]): void {
  queue.push(...plays);
  queue.sort((a, b) => Number(b.first) - Number(a.first));
  while (running < atOnce && queue.length > 0) void workOff();
}

async function workOff(): Promise<void> {
  running += 1;
  for (let next = queue.shift(); next; next = queue.shift()) await next.run();
  running -= 1;
}

const environment = new Map<string, string | undefined>();

async function theCurtain(): Promise<void> {
  const { config } = await harness();
  if (environment.size > 0) return;
  for (const [name, value] of Object.entries(workerSettings(config))) {
    environment.set(name, process.env[name]);
    process.env[name] = value;
  }
}

function giveBackEnvironment(): void {
  for (const [name, value] of environment)
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  environment.clear();
}

async function play(body: Body, options: SceneOptions): Promise<void> {
  const ours = await harness();
  const { url } = await ours.emulator(options.scale ?? timeScale);
  const account = await openAccount(url);
  const name = `account-${(numbered += 1)}`;
  const configured = (change: { protect?: string[] }) =>
    ours.config.add(name, {
      ...{ url, accessKeyId: account.accessKeyId, secretKey: account.secretKey },
      ...(options.timing ? { timing: options.timing } : {}),
      ...change,
    });
  configured({});
  const expected = new Set<string>();
  const started: Run<unknown>[] = [];
  const noted = async <Result>(run: Promise<Run<Result>>) => {
    started.push(await run);
    return run;
  };
  const request = (change: object = {}) => ({
    restore: 'tencentPostgresClone',
    account: name,
    source: orders,
    from: { ago: '10m' },
    name: 'orders-test',
    deadlines: { check: '4h', undo: '24h' },
    ...change,
  });
  const scene: Scene = {
    ...{ account, name, harness: ours, request, configured },
    restore: (change, where = ours.client) =>
      noted(startRun<RestoredInstance>(where, 'tencentPostgresClone', request(change), name)),
    undo: (input) => noted(startRun<UndoResult>(ours.client, 'undo', input, `${name}-undo`)),
    keep: (input) => noted(startRun(ours.client, 'keep', input, `${name}-keep`)),
    stays: (instanceId) => void expected.add(instanceId),
  };
  try {
    await withDeadline(body(scene));
    await nothingLeaked(account, expected);
  } catch (error) {
    throw withStory(error, await storyOf(account));
  } finally {
    // Nothing of a test that failed goes on behind the others.
    for (const { handle } of started)
      await handle.terminate('the test is over').catch(() => undefined);
  }
}

async function withDeadline(body: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `the test was not over after ${longestMs / 1000} s`;
    timer = setTimeout(() => reject(new Error(message)), longestMs);
  });
  body.catch(() => undefined);
  await Promise.race([body, late]).finally(() => clearTimeout(timer));
}

async function nothingLeaked(account: EmulatedAccount, expected: Set<string>): Promise<void> {
  const inventory = await account.inventory();
  const made = inventory.filter(({ origin }) => origin === 'call');
  const alive = made.filter(({ deletedAt }) => deletedAt === null).map(({ id }) => id);
  assert.deepEqual(
    alive.filter((id) => !expected.has(id)),
    [],
    'leaked: made by a call, still there, and not expected',
  );
  for (const id of expected)
    assert.ok(alive.includes(id), `${id} was meant to stay and is not there`);

  const notOurs = inventory.filter(({ origin }) => origin !== 'call').map(({ id }) => id);
  const touched = (await account.audit()).filter(
    ({ kind, resourceId, requestId }) =>
      (kind === 'change' || kind === 'delete') &&
      !account.callsBySomebodyElse.has(requestId) &&
      notOurs.some((id) => resourceId?.split(',').includes(id)),
  );
  assert.deepEqual(touched, [], 'a source or somebody else’s instance was changed');
}

/** What the cloud saw, for whoever reads a failed test. */
async function storyOf(account: EmulatedAccount): Promise<string> {
  const calls = (await account.audit())
    .filter(({ kind }) => kind !== 'read')
    .map(
      ({ at, action, resourceId, outcome, code }) =>
        `  ${at.slice(11, 23)} ${action} ${resourceId ?? '-'} ${outcome} ${code ?? ''}`,
    );
  const rows = (await account.inventory())
    .filter(({ origin }) => origin !== 'seed')
    .map(
      ({ id, name, status, origin, tags }) =>
        `  ${id} ${name} ${status} ${origin} ${JSON.stringify(tags)}`,
    );
  return ['the cloud saw:', ...calls, 'and holds:', ...rows].join('\n');
}

function withStory(error: unknown, story: string): Error {
  const failed = error instanceof Error ? error : new Error(String(error));
  failed.message = `${failed.message}\n${story}`;
  if (failed.stack)
    failed.stack = `${failed.message}\n${failed.stack.split('\n').slice(1).join('\n')}`;
  return failed;
}
