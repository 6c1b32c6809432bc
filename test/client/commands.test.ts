import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadAccounts } from '../../activities/accounts.ts';
import { parseCloneRequest } from '../../activities/tencent-postgres-clone/request.ts';
import { requestOfFile } from '../../client/request-flags.ts';
import { lifeboat, nowhere, type Ended } from './cli.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Said in one line on stderr, without a stack, and nothing on stdout. */
function assertRefused(ended: Ended, sentence: RegExp, code = 2): void {
  assert.match(ended.stderr, sentence);
  assert.equal(ended.code, code, ended.stderr);
  assert.equal(ended.stdout, '');
  assert.equal(ended.stderr.trimEnd().split('\n').length, 1, ended.stderr);
}

/** All at once: each is a process of its own that takes a second. */
const all = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> =>
  void (await Promise.all(items.map(run)));

describe('The command line', function () {
  this.timeout(30_000);
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-cli-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };

  it('shows two groups of commands: those that look and those that change', async () => {
    const { code, stdout } = await lifeboat(['--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Commands that look:[^]*plan[^]*Commands that change:[^]*restore/);
  });

  describe('misused', () => {
    const misuses = [
      ['an unknown command', ['restor'], /unknown command 'restor'/],
      ['an unknown flag', ['status', 'x', '--nope'], /unknown option '--nope'/],
      ['a missing argument', ['points'], /missing required argument 'source'/],
    ] as const;
    const ended = new Map<string, Ended>();
    before(() =>
      all(misuses, async ([what, args]) => {
        ended.set(what, await lifeboat(args, { env: nowhere }));
      }),
    );

    for (const [what, , sentence] of misuses)
      it(`by ${what} it ends with exit code 2 and no stack`, () => {
        const { code, stderr } = ended.get(what)!;
        assert.equal(code, 2);
        assert.match(stderr, sentence);
        assert.doesNotMatch(stderr, /\n\s+at /);
      });
  });

  describe('given a request file', () => {
    for (const [what, text, sentence] of [
      ['is no YAML', 'source: [', /bad\.yaml: /],
      ['is a list', '- source: x', /bad\.yaml: a request is one object/],
      [
        'names another restore',
        'restore: tencentMysql',
        /restore: tencentMysql is none of tencentP/,
      ],
      ['names no known source', 'source: rm-1', /No restore takes a source like "rm-1"/],
    ] as const)
      it(`that ${what} says so in one line`, () => {
        const flags = { file: write('bad.yaml', text) };
        assert.throws(() => requestOfFile({ source: undefined, flags }), {
          ...{ message: sentence, exitCode: 2 },
        });
      });

    it('that is not there says so in one line, with no Temporal at hand', async () => {
      const flags = ['-f', join(directory, 'missing.yaml'), '--yes'];
      assertRefused(
        await lifeboat(['restore', ...flags], { env: nowhere }),
        /missing\.yaml: ENOENT/,
      );
    });

    it('on standard input that has several faults lists them all in one line', async () => {
      const input = 'source: postgres-6xk2v1qa\nfrom: {}\ntarget: { Name: x, Storrage: 1 }\n';
      assertRefused(
        await lifeboat(['plan', '-f', '-'], { input, env: nowhere }),
        /^InvalidRequest: from: give one of .*; target\.Name: use name; target\.Storrage: unknown field, did you mean Storage\?$/m,
      );
    });

    const good = 'source: postgres-6xk2v1qa\nfrom: { backup: latest }\n';
    it('and a source besides, refuses to choose', () => {
      const flags = { file: write('good.yaml', good) };
      const message = 'Give a source or -f, not both.';
      assert.throws(() => requestOfFile({ source: 'postgres-a', flags }), { message });
    });

    it('and flags besides, does not ignore them', () => {
      const file = write('good.yaml', good);
      const flags = { file, at: '02:41', onFailure: 'keep' };
      const message =
        /^--at, --on-failure: write that into .*good\.yaml; flags do not change a file/;
      assert.throws(() => requestOfFile({ source: undefined, flags }), { message });
      assert.ok(requestOfFile({ source: undefined, flags: { file, json: true } }));
    });
  });

  describe('when Temporal is out of reach', () => {
    const commands = [['list'], ['cancel', 'x', '--yes']] as const;
    const ended = new Map<string, Ended>();
    before(() =>
      all(commands, async (args) => {
        ended.set(args[0], await lifeboat(args, { env: nowhere }));
      }),
    );

    for (const [command] of commands)
      it(`ends ${command} with exit code 4 and one line`, () => {
        const sentence = /^Temporal at 127\.0\.0\.1:1\/default does not answer \(.+lifeboat dev/;
        assertRefused(ended.get(command)!, sentence, 4);
      });
  });

  describe('schema', () => {
    it('prints a JSON Schema whose required fields are the request’s', async () => {
      const { code, stdout } = await lifeboat(['schema', 'tencentPostgresClone']);
      assert.equal(code, 0);
      const schema = JSON.parse(stdout) as { required: string[]; properties: object };
      assert.deepEqual(schema.required, ['source', 'from']);
      for (const field of ['restore', 'account', 'region', 'name', 'reason', 'target', 'onFailure'])
        assert.ok(field in schema.properties, field);
    });

    it('accepts the example request, and refuses it without its source', async () => {
      const { stdout } = await lifeboat(['schema', 'tencentPostgresClone', '--json']);
      assert.equal(stdout.trimEnd().split('\n').length, 1);
      const schema = z.fromJSONSchema(JSON.parse(stdout) as never);
      const path = `${root}examples/requests/tencentPostgresClone.yaml`;
      const example = parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      assert.equal(schema.safeParse(example).success, true);
      assert.ok('request' in parseCloneRequest(example));
      const { source: _source, ...rest } = example;
      assert.equal(schema.safeParse(rest).success, false);
      assert.equal(schema.safeParse({ ...example, surce: 'x' }).success, false);
    });

    it('of an unknown restore names those that there are', async () =>
      assertRefused(
        await lifeboat(['schema', 'nope']),
        /^No restore nope\. Known: tencentPostgresClone$/m,
      ));
  });

  describe('init', () => {
    const keys = {
      TENCENTCLOUD_SECRET_ID: 'AKIDvery-secret-id',
      TENCENTCLOUD_SECRET_KEY: 'very-secret-key',
      TENCENTCLOUD_SESSION_TOKEN: 'very-secret-token',
      TENCENTCLOUD_REGION: 'ap-tokyo',
    };
    let path: string;
    before(async () => {
      path = join(directory, 'lifeboat.yaml');
      const { code, stdout } = await lifeboat(['init', '--json'], { env: keys, directory });
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(stdout), {
        written: 'lifeboat.yaml',
        accounts: ['tencent-prod'],
      });
    });

    it('writes references to the variables and never a key', () => {
      const text = readFileSync(path, 'utf8');
      assert.doesNotMatch(text, /very-secret/);
      for (const name of ['SECRET_ID', 'SECRET_KEY', 'SESSION_TOKEN'])
        assert.ok(text.includes(`TENCENTCLOUD_${name}`), name);
    });

    it('writes what the worker reads, for nobody else to read', () => {
      const [account] = loadAccounts({ LIFEBOAT_CONFIG: path });
      assert.deepEqual([account?.name, account?.region], ['tencent-prod', 'ap-tokyo']);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    });

    it('refuses to overwrite', async () => {
      const before = readFileSync(path, 'utf8');
      const ended = await lifeboat(['init'], { env: keys, directory });
      assertRefused(ended, /^lifeboat\.yaml exists; --force overwrites it\.$/m);
      assert.equal(readFileSync(path, 'utf8'), before);
    });

    it('without keys in the environment writes nothing', async () => {
      const ended = await lifeboat(['init', '-o', 'other.yaml'], { directory });
      assertRefused(ended, /set TENCENTCLOUD_SECRET_ID and .* Nothing was written\.$/m);
      assert.throws(() => statSync(join(directory, 'other.yaml')));
    });
  });
});
