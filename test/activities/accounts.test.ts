import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import {
  chooseAccount,
  configFiles,
  credentialFor,
  isLoopback,
  loadAccounts,
  timeScale,
} from '../../activities/accounts.ts';
import type { Account } from '../../activities/accounts.ts';
import { resolveTencentCredential } from '../../activities/clouds/tencent-credentials.ts';
import { findAccounts } from '../../activities/inquiries.ts';
import { resolveSecret } from '../../activities/secrets.ts';

const key = { env: { secretId: 'TEST_SECRET_ID', secretKey: 'TEST_SECRET_KEY' } };
const least = `
accounts:
  tencent-prod:
    cloud: tencent
    region: ap-guangzhou
    credentials: { env: { secretId: TEST_SECRET_ID, secretKey: TEST_SECRET_KEY } }
`;

function failureOf(body: () => unknown): ApplicationFailure {
  try {
    body();
  } catch (error) {
    return error as ApplicationFailure;
  }
  throw new Error('it was accepted');
}

describe('lifeboat.yaml', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-yaml-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const write = (text: string, environment: Record<string, string> = {}) => {
    const path = join(directory, 'lifeboat.yaml');
    writeFileSync(path, text);
    return { LIFEBOAT_CONFIG: path, ...environment };
  };
  const line = (text: string, environment: Record<string, string> = {}) => {
    const failure = failureOf(() => loadAccounts(write(text, environment)));
    assert.deepEqual([failure.type, failure.nonRetryable], ['InvalidRequest', true]);
    assert.equal(failure.message.split('\n').length, 1, failure.message);
    return failure.message.replaceAll(directory, '');
  };

  it('needs four lines an account', () => {
    const [account] = loadAccounts(write(least));
    assert.deepEqual(account, {
      ...{ name: 'tencent-prod', cloud: 'tencent', site: 'china', region: 'ap-guangzhou' },
      ...{ timeZone: '+08:00', credentials: key, protect: [], emulator: false },
    });
  });

  it('takes a key for each role, and everything that an account can have', () => {
    const [account] = loadAccounts(
      write(`
accounts:
  a:
    cloud: tencent
    site: international
    region: eu-frankfurt
    timeZone: "+01:00"
    credentials:
      read: { profile: true }
      create: { instanceRole: restorer }
      delete: { assumeRole: { roleArn: "qcs::cam::uin/1:roleName/undo" } }
    proxy: http://proxy:3128
    endpoint: http://127.0.0.1:7430
    timing: { request: 10s, listLag: 2m, look: 5s, undoRetry: 20s }
    protect: [postgres-6xk2v1qa, production]
    login: { user: probe, password: "env:PROBE" }
    emulator: true
`),
    );
    assert.deepEqual(credentialFor(account!, 'read'), { profile: true });
    assert.deepEqual(credentialFor(account!, 'create'), { instanceRole: 'restorer' });
    assert.deepEqual(credentialFor(account!, 'delete'), {
      assumeRole: { roleArn: 'qcs::cam::uin/1:roleName/undo', sessionName: 'lifeboat' },
    });
    assert.deepEqual(account!.protect, ['postgres-6xk2v1qa', 'production']);
    assert.equal(account!.login?.database, 'postgres');
  });

  it('lets one key serve all three roles', () => {
    const [account] = loadAccounts(write(least));
    for (const role of ['read', 'create', 'delete'] as const)
      assert.deepEqual(credentialFor(account!, role), key);
  });

  it('is refused with every fault in one line that names the file', () => {
    const text = line(`
accounts:
  a: { cloud: tencent, regio: x, timeZone: CST, credentials: { env: { secretId: A } } }
  b: { cloud: azure, region: x, credentials: { profile: true } }
`);
    assert.deepEqual(text.replace('InvalidRequest: ', '').split('; '), [
      '/lifeboat.yaml: accounts.a.region: required',
      '/lifeboat.yaml: accounts.a.timeZone: an offset such as +08:00',
      '/lifeboat.yaml: accounts.a.credentials.env.secretKey: required',
      '/lifeboat.yaml: accounts.a.regio: unknown field, did you mean region?',
      '/lifeboat.yaml: accounts.b.cloud: expected one of "tencent"|"alibaba"|"jdcloud"',
    ]);
  });

  it('is refused when it is no YAML, when it is empty, and when it is not there', () => {
    assert.match(line('accounts: ['), /^InvalidRequest: \/lifeboat\.yaml: .+/);
    assert.match(line(''), /^InvalidRequest: \/lifeboat\.yaml: .+/);
    const gone = failureOf(() => loadAccounts({ LIFEBOAT_CONFIG: '/nowhere/lifeboat.yaml' }));
    assert.equal(gone.message, 'InvalidRequest: LIFEBOAT_CONFIG: no file /nowhere/lifeboat.yaml');
  });

  it('with no way to a key is refused', () => {
    const text = line(least.replace(/\{ env.*/, '{}'));
    assert.match(text, /credentials: give env, file, profile, instanceRole or assumeRole/);
  });

  it('must point to loopback where real clouds are out of bounds', () => {
    const only = { LIFEBOAT_LOOPBACK_ONLY: '1' };
    assert.match(
      line(least, only),
      /account tencent-prod: endpoint \(the cloud’s own\) is not loopback, and LIFEBOAT_LOOPBACK_ONLY is set/,
    );
    assert.match(line(`${least}    endpoint: https://127.evil.example\n`, only), /not loopback/);
    assert.match(line(`${least}    endpoint: http://10.0.0.1:7430\n`, only), /not loopback/);
    for (const endpoint of ['http://127.0.0.1:7430', 'http://localhost:1', 'http://[::1]:7430'])
      loadAccounts(write(`${least}    endpoint: "${endpoint}"\n`, only));
  });

  it('is looked for here and at home, or where LIFEBOAT_CONFIG says', () => {
    assert.deepEqual(configFiles({ LIFEBOAT_CONFIG: '/etc/lifeboat.yaml' }), [
      '/etc/lifeboat.yaml',
    ]);
    const [here, home, ...more] = configFiles({});
    assert.equal(here, join(process.cwd(), 'lifeboat.yaml'));
    assert.match(home ?? '', /\.config\/lifeboat\/lifeboat\.yaml$/);
    assert.deepEqual(more, []);
  });
});

describe('Without lifeboat.yaml', () => {
  let here: string;
  let directory: string;
  let home: string | undefined;
  before(() => {
    here = process.cwd();
    home = process.env['HOME'];
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-none-'));
    process.chdir(directory);
    process.env['HOME'] = directory;
  });
  after(() => {
    process.chdir(here);
    if (home === undefined) delete process.env['HOME'];
    else process.env['HOME'] = home;
    rmSync(directory, { recursive: true, force: true });
  });
  const keys = { TENCENTCLOUD_SECRET_ID: 'id', TENCENTCLOUD_SECRET_KEY: 'key' };

  it("Tencent's own variables make an account, by reference", () => {
    const [account, ...more] = loadAccounts({ ...keys, TENCENTCLOUD_REGION: 'ap-tokyo' });
    assert.deepEqual(more, []);
    assert.deepEqual([account?.name, account?.region], ['tencent', 'ap-tokyo']);
    assert.ok(!JSON.stringify(account).includes('"key"'), 'the key itself is in the account');
  });

  it('and without variables there is no account', () => assert.deepEqual(loadAccounts({}), []));

  it('real keys in the environment are ignored where only loopback is allowed', () =>
    assert.deepEqual(loadAccounts({ ...keys, LIFEBOAT_LOOPBACK_ONLY: '1' }), []));
});

const account = (
  name: string,
  cloud: Account['cloud'] = 'tencent',
  endpoint?: string,
): Account => ({
  ...{ name, cloud, site: 'china', region: 'ap-guangzhou', timeZone: '+08:00' },
  ...{ credentials: key, protect: [], emulator: false },
  ...(endpoint ? { endpoint } : {}),
});

describe('Choosing an account', () => {
  const choose = (names: string[], name?: string) =>
    chooseAccount({
      cloud: 'tencent',
      accounts: [account('jd', 'jdcloud'), ...names.map((each) => account(each))],
      ...(name ? { name } : {}),
    }).name;

  it('takes the only one of the cloud', () => assert.equal(choose(['prod']), 'prod'));
  it('takes the one that is named', () => assert.equal(choose(['prod', 'test'], 'test'), 'test'));
  it('asks for a name when several fit', () =>
    assert.equal(
      failureOf(() => choose(['prod', 'test'])).message,
      'InvalidRequest: account: several fit, name one of prod, test',
    ));
  it('says which ones there are when the name is none of them', () =>
    assert.equal(
      failureOf(() => choose(['prod'], 'prdo')).message,
      'InvalidRequest: account: no tencent account prdo on this worker (it has: prod)',
    ));
  it('does not take an account of another cloud', () =>
    assert.equal(
      failureOf(() => choose(['prod'], 'jd')).message,
      'InvalidRequest: account: no tencent account jd on this worker (it has: prod)',
    ));
  it('says how to make one when there is none', () => {
    const failure = failureOf(() => choose([]));
    assert.equal(failure.type, 'MissingCredentials');
    assert.match(failure.message, /lifeboat init, or set TENCENTCLOUD_SECRET_ID/);
  });
});

describe('LIFEBOAT_TIME_SCALE', () => {
  const local = account('a', 'tencent', 'http://127.0.0.1:7430');
  it('is 1 unless set', () => assert.equal(timeScale(account('a'), {}), 1));
  it('is taken for a loopback endpoint', () =>
    assert.equal(timeScale(local, { LIFEBOAT_TIME_SCALE: '60' }), 60));
  it('is refused for a real cloud', () =>
    assert.equal(
      failureOf(() => timeScale(account('a'), { LIFEBOAT_TIME_SCALE: '60' })).message,
      'InvalidRequest: LIFEBOAT_TIME_SCALE is 60, but account a is no emulator; unset it',
    ));
  for (const scale of ['0', '-1', 'fast'])
    it(`is refused when it is ${scale}`, () =>
      assert.equal(
        failureOf(() => timeScale(local, { LIFEBOAT_TIME_SCALE: scale })).message,
        'InvalidRequest: LIFEBOAT_TIME_SCALE: a number above 0',
      ));
});

describe('A loopback endpoint', () => {
  for (const endpoint of [
    'http://127.0.0.1:1',
    'http://127.9.9.9',
    'http://[::1]:1',
    'http://localhost',
  ])
    it(`is ${endpoint}`, () => assert.equal(isLoopback(endpoint), true));
  for (const endpoint of [
    undefined,
    'http://0.0.0.0:1',
    'https://127.0.0.1.evil.example',
    'https://127.evil.example',
    'http://10.0.0.1',
    'https://localhost.evil.example',
  ])
    it(`is not ${endpoint}`, () => assert.equal(isLoopback(endpoint), false));
});

describe('A credential', () => {
  const saved = { ...process.env };
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-keys-'));
  });
  afterEach(() => {
    for (const name of ['TEST_SECRET_ID', 'TEST_SECRET_KEY', 'TEST_TOKEN'])
      if (saved[name] === undefined) delete process.env[name];
    rmSync(directory, { recursive: true, force: true });
  });
  const keyFile = (text: string) => {
    const path = join(directory, 'keys.json');
    writeFileSync(path, text);
    return path;
  };
  const refused = async (credential: Parameters<typeof resolveTencentCredential>[0]) => {
    const failure = await resolveTencentCredential(credential, 'prod').then(
      () => assert.fail('it gave a key'),
      (error: ApplicationFailure) => error,
    );
    assert.deepEqual([failure.type, failure.nonRetryable], ['MissingCredentials', true]);
    return failure.message.replace('MissingCredentials: account prod: ', '');
  };

  it('of kind env is read anew each time, with its session token', async () => {
    const env = { ...key.env, sessionToken: 'TEST_TOKEN' };
    Object.assign(process.env, { TEST_SECRET_ID: 'id', TEST_SECRET_KEY: 'one' });
    assert.deepEqual(await resolveTencentCredential({ env }, 'prod'), {
      ...{ secretId: 'id', secretKey: 'one' },
    });
    Object.assign(process.env, { TEST_SECRET_KEY: 'two', TEST_TOKEN: 'token' });
    assert.deepEqual(await resolveTencentCredential({ env }, 'prod'), {
      ...{ secretId: 'id', secretKey: 'two', token: 'token' },
    });
  });

  it('of kind env names the variables that are not set', async () => {
    assert.equal(await refused(key), 'set TEST_SECRET_ID and TEST_SECRET_KEY for the worker');
    process.env['TEST_SECRET_ID'] = 'id';
    assert.equal(await refused(key), 'set TEST_SECRET_KEY for the worker');
  });

  it('of kind file is read anew each time', async () => {
    const file = keyFile('{"secretId":"id","secretKey":"one"}');
    assert.equal((await resolveTencentCredential({ file }, 'prod')).secretKey, 'one');
    keyFile('{"secretId":"id","secretKey":"two","token":"t"}');
    assert.deepEqual(await resolveTencentCredential({ file }, 'prod'), {
      ...{ secretId: 'id', secretKey: 'two', token: 't' },
    });
  });

  it('of kind file says what is wrong with the file, and never what is in it', async () => {
    const nowhere = join(directory, 'nowhere.json');
    assert.equal(await refused({ file: nowhere }), `${nowhere}: ENOENT`);
    const broken = keyFile('{"secretKey":"very-secret"');
    assert.equal(await refused({ file: broken }), `${broken}: is not JSON`);
    const half = keyFile('{"secretKey":"very-secret"}');
    assert.equal(await refused({ file: half }), `${half}: secretId and secretKey are wanted`);
  });

  it('never leaves the worker: what others learn of an account holds no key', async () => {
    writeFileSync(join(directory, 'lifeboat.yaml'), least);
    const before = process.env['LIFEBOAT_CONFIG'];
    process.env['LIFEBOAT_CONFIG'] = join(directory, 'lifeboat.yaml');
    try {
      assert.deepEqual(await findAccounts(), [
        {
          ...{ account: 'tencent-prod', cloud: 'tencent' },
          ...{ region: 'ap-guangzhou', queue: 'lifeboat-tencent' },
        },
      ]);
    } finally {
      if (before === undefined) delete process.env['LIFEBOAT_CONFIG'];
      else process.env['LIFEBOAT_CONFIG'] = before;
    }
  });
});

describe('A secret', () => {
  it('is given by reference', () => {
    process.env['TEST_SECRET'] = 'hidden';
    try {
      assert.equal(resolveSecret('env:TEST_SECRET'), 'hidden');
    } finally {
      delete process.env['TEST_SECRET'];
    }
  });

  it('that is given as itself is refused without being repeated', () => {
    const { message } = failureOf(() => resolveSecret('hunter2'));
    assert.match(message, /env:NAME or file:\/path, never as itself/);
    assert.ok(!message.includes('hunter2'));
  });

  it('that is not there is named by its reference', () => {
    const { message } = failureOf(() => resolveSecret('env:NO_SUCH_NAME'));
    assert.equal(message, 'InvalidRequest: env:NO_SUCH_NAME: empty or not set on this worker');
    assert.match(failureOf(() => resolveSecret('file:/no/such')).message, /file:\/no\/such: empty/);
  });
});
