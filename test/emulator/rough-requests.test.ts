import assert from 'node:assert/strict';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { Emulator } from '../../emulator/index.ts';
import {
  codeOf,
  goodClone,
  type Guest,
  guestWith,
  newGuest,
  orders,
  startTestEmulator,
} from './tencent-client.ts';
import { errorCode, send, sendTc3, type Tc3Request } from './tencent-signer.ts';

const wrongValue = 'InvalidParameterValue.InvalidParameterValueError';

describe('Rough requests', () => {
  let emulator: Emulator;
  let guest: Guest;
  const logged: string[] = [];
  before(async () => {
    emulator = await startTestEmulator({ log: (line) => logged.push(line) });
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  const call = (options: Partial<Tc3Request>) =>
    sendTc3(emulator.url, guest, { action: 'DescribeDBInstances', ...options });
  const cloneWith = async (change: object) =>
    codeOf(
      guest.client.request('CloneDBInstance', { ...(await goodClone(guest.client)), ...change }),
    );
  const lastEntry = async () => (await guest.control<AuditEntry[]>('GET', '/audit')).at(-1);

  for (const word of ['__proto__', 'constructor', 'toString'])
    it(`takes ${word} for a word like any other, wherever it is sent`, async () => {
      assert.equal(await cloneWith({ VpcId: word }), 'FailedOperation.QueryVpcFailed');
      const filter = { Filters: [{ Name: word, Values: ['x'] }] };
      assert.equal(await codeOf(guest.client.DescribeDBInstances(filter)), wrongValue);
      assert.equal(await codeOf(guest.client.DescribeDBInstances({ OrderBy: word })), wrongValue);
      const unknown = `{"${word}": 1}`;
      assert.equal(errorCode(await call({ body: unknown })), 'UnknownParameter');
      assert.equal(errorCode(await call({ query: `${word}=1` })), 'UnknownParameter');
      const method = `SignatureMethod=${word}&Action=x&Nonce=1&Signature=x&Timestamp=${Math.floor(Date.now() / 1000)}`;
      const target = `/?SecretId=${guest.accessKeyId}&${method}`;
      const old = await send(emulator.url, { method: 'GET', target });
      assert.equal(errorCode(old), 'AuthFailure.SignatureFailure');
    });

  it('refuses what is nested too deeply, in a body, in a query and in a fault', async () => {
    const levels = 20_000;
    const body = `{"Filters": ${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const deep = await call({ body });
    assert.deepEqual([deep.status, errorCode(deep)], [200, 'InvalidParameter']);
    const dotted = await call({ query: `a${'.a'.repeat(5000)}=1` });
    assert.deepEqual([dotted.status, errorCode(dotted)], [200, 'InvalidParameter']);
    const match = `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`;
    const armed = await fetch(`${emulator.url}/_emulator/faults`, {
      method: 'POST',
      body: `{"cloud":"tencent","action":"*","fault":"throttle","match":${match}}`,
    });
    assert.equal(armed.status, 400);
  });

  it('refuses a body above 10 MB with RequestSizeLimitExceeded, and writes it down', async () => {
    const answer = await call({ body: `{"x": "${'x'.repeat(11_000_000)}"}` });
    assert.deepEqual([answer.status, errorCode(answer)], [200, 'RequestSizeLimitExceeded']);
    assert.equal((await lastEntry())?.code, 'RequestSizeLimitExceeded');
  });

  it('never sends a page of its web server: what goes wrong is an envelope, and is logged', async () => {
    const odd = await call({ headers: { 'content-encoding': 'nonsense' } });
    assert.deepEqual([odd.status, errorCode(odd)], [200, 'InvalidParameter']);
    const nobody = await send(emulator.url, {
      ...{ method: 'POST', target: '/', body: 'x' },
      headers: { 'content-encoding': 'nonsense' },
    });
    assert.doesNotMatch(nobody.body, /<|node_modules|\bat /);
    const control = await fetch(`${emulator.url}/_emulator/faults/%E0%A4%A`, { method: 'DELETE' });
    assert.equal(control.status, 400);
    assert.doesNotMatch(await control.text(), /<|node_modules/);
  });

  const forms: [claim: string, options: Partial<Tc3Request>, code: string][] = [
    ['PUT', { method: 'PUT' }, 'UnsupportedProtocol'],
    ['DELETE', { method: 'DELETE' }, 'UnsupportedProtocol'],
    ['another path', { target: '/v2/index.php' }, 'InvalidParameter'],
    ['a form', { contentType: 'application/x-www-form-urlencoded' }, 'InvalidParameter'],
    ['text', { contentType: 'text/plain' }, 'InvalidParameter'],
    ['XML', { contentType: 'application/xml' }, 'InvalidParameter'],
    ['a GET as JSON', { query: 'Limit=1', contentType: 'application/json' }, 'InvalidParameter'],
  ];
  for (const [claim, options, code] of forms)
    it(`refuses ${claim} under a TC3 signature: ${code}`, async () => {
      const answer = await call(options);
      assert.deepEqual([answer.status, errorCode(answer)], [200, code]);
      assert.equal((await lastEntry())?.code, code);
    });

  it('takes JSON with a charset', async () => {
    const answer = await call({ contentType: 'application/json; charset=utf-8' });
    assert.equal(errorCode(answer), 'ok');
  });

  it('answers an unsigned HEAD or GET with the business time of the first account', async () => {
    const first = guestWith(emulator.url, { accessKeyId: 'lifeboat', secretKey: '' });
    await first.control('POST', '/clock', { advanceSeconds: 5 * 86_400 });
    for (const method of ['HEAD', 'GET']) {
      const { headers, status } = await send(emulator.url, { method, target: '/' });
      assert.equal(status, 404);
      assert.ok(Date.parse(String(headers['date'])) - Date.now() > 4 * 86_400_000);
    }
  });

  const dates = ['2026-11-31 10:00:00', '2026-02-29 10:00:00', '2026-11-21 24:00:00'];
  for (const date of dates)
    it(`refuses ${date}, a moment that does not exist`, async () => {
      const { client } = guest;
      const point = { BackupSetId: undefined, RecoveryTargetTime: date };
      assert.equal(await cloneWith(point), wrongValue);
      assert.equal(await codeOf(client.DescribeBaseBackups({ MinFinishTime: date })), wrongValue);
      assert.equal(await codeOf(client.DescribeTasks({ MinStartTime: date })), wrongValue);
    });

  const tag = (TagKey: string, TagValue = 'x') => ({ TagKey, TagValue });
  const tagLists: [claim: string, TagList: object[], code: string][] = [
    ['an empty key', [tag('')], wrongValue],
    ['a key of 128 characters', [tag('k'.repeat(128))], wrongValue],
    ['a value of 256 characters', [tag('k', 'v'.repeat(256))], wrongValue],
    ['a key of the platform', [tag('qcs:name')], wrongValue],
    ['another key of the platform', [tag('QCloud_x')], wrongValue],
    ['the same key twice', [tag('k', '1'), tag('k', '2')], wrongValue],
    [
      '51 tags',
      Array.from({ length: 51 }, (_, index) => tag(`k${index}`)),
      'FailedOperation.AllocateQuotasError',
    ],
    ['a longest key and value', [tag('k'.repeat(127), 'v'.repeat(255))], 'ok'],
  ];
  for (const [claim, TagList, code] of tagLists)
    it(`answers a clone with ${claim} in TagList with ${code}`, async () => {
      assert.equal(await cloneWith({ TagList }), code);
    });

  it('isolates an instance once that is named twice', async () => {
    const own = await newGuest(emulator);
    const twice = { DBInstanceIdSet: [orders, orders] };
    assert.equal(await codeOf(own.client.IsolateDBInstances(twice)), 'ok');
    const [entry] = await own.control<AuditEntry[]>('GET', '/audit');
    assert.deepEqual([entry?.resourceId, entry?.name], [orders, 'orders']);
  });

  it('refuses a jump of the clock beyond the calendar, and goes on', async () => {
    const own = await newGuest(emulator);
    for (const advanceSeconds of [1e18, 1e15, 3e11]) {
      const answer = await own.control<{ error?: string }>('POST', '/clock', { advanceSeconds });
      assert.match(answer.error ?? '', /advanceSeconds/);
    }
    const { now } = await own.control<{ now: string }>('POST', '/clock', { advanceSeconds: 1 });
    assert.ok(Math.abs(Date.parse(now) - Date.now()) < 60_000);
    assert.equal((await own.client.DescribeDBInstances({})).TotalCount, 2);
  });
});
