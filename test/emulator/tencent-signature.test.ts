import assert from 'node:assert/strict';
import type { Emulator } from '../../emulator/index.ts';
import {
  codeOf,
  type Guest,
  newGuest,
  postgresClient,
  startTestEmulator,
} from './tencent-client.ts';
import { errorCode, send, sendTc3, type Tc3Request } from './tencent-signer.ts';

describe('Tencent signatures', () => {
  let emulator: Emulator;
  let guest: Guest;
  before(async () => {
    emulator = await startTestEmulator();
    guest = await newGuest(emulator);
  });
  after(() => emulator.close());

  const list = (options: Partial<Tc3Request> = {}) =>
    sendTc3(emulator.url, guest, { action: 'DescribeDBInstances', ...options });

  it('accepts the Node SDK, which signs the host without its port', async () => {
    const { TotalCount } = await guest.client.DescribeDBInstances({});
    assert.equal(TotalCount, 2);
  });

  it('accepts a signed host with its port, as the Go SDK sends it', async () => {
    assert.equal(errorCode(await list()), 'ok');
  });

  it('accepts a Host with a scheme in front, as tccli sends and signs it', async () => {
    assert.equal(errorCode(await list({ host: emulator.url })), 'ok');
  });

  it('accepts any host name and any service in the credential scope', async () => {
    const host = 'postgres.intl.tencentcloudapi.com';
    assert.equal(errorCode(await list({ host })), 'ok');
    assert.equal(errorCode(await list({ service: '127' })), 'ok');
  });

  it('works as an http proxy: the request target may be absolute', async () => {
    const host = 'postgres.tencentcloudapi.com';
    assert.equal(errorCode(await list({ host, target: `http://${host}/` })), 'ok');
    assert.equal(errorCode(await list({ host, target: `http://${host}` })), 'ok');
  });

  it('accepts GET with 0-based lists in the query', async () => {
    const query = 'Filters.0.Name=db-instance-name&Filters.0.Values.0=orders-archive&Limit=5';
    const answer = await list({ query });
    assert.match(answer.body, /"TotalCount":1,/);
    const sdk = postgresClient(emulator.url, guest, { reqMethod: 'GET' });
    const { TotalCount } = await sdk.DescribeDBInstances({
      Filters: [{ Name: 'db-instance-name', Values: ['orders-archive'] }],
      Limit: 5,
    });
    assert.equal(TotalCount, 1);
  });

  it('accepts an unsigned payload and any list of signed headers', async () => {
    assert.equal(errorCode(await list({ unsignedPayload: true })), 'ok');
    const signedHeaders = ['content-type', 'host', 'x-tc-action', 'x-tc-timestamp'];
    assert.equal(errorCode(await list({ signedHeaders })), 'ok');
  });

  for (const signMethod of ['HmacSHA1', 'HmacSHA256'] as const)
    for (const reqMethod of ['GET', 'POST'] as const)
      it(`accepts the old ${signMethod} signature over ${reqMethod}`, async () => {
        const client = postgresClient(emulator.url, guest, { signMethod, reqMethod });
        const { DBInstanceSet } = await client.DescribeDBInstances({
          Filters: [{ Name: 'db-instance-id', Values: ['postgres-h8w3n5tz'] }],
          Limit: 1,
        });
        assert.equal(DBInstanceSet?.[0]?.DBInstanceName, 'orders-archive');
        const wrong = { ...guest, secretKey: 'wrong' };
        const liar = postgresClient(emulator.url, wrong, { signMethod, reqMethod });
        assert.equal(await codeOf(liar.DescribeDBInstances({})), 'AuthFailure.SignatureFailure');
      });

  it('serves two identical requests: there is no nonce', async () => {
    const [one, two] = await Promise.all([list(), list()]);
    assert.deepEqual([errorCode(one), errorCode(two)], ['ok', 'ok']);
  });

  it('refuses a signature over another host or with another key', async () => {
    const request = { action: 'DescribeDBInstances' };
    const answer = await sendTc3(emulator.url, guest, { ...request, signedHost: 'other.example' });
    assert.equal(errorCode(answer), 'AuthFailure.SignatureFailure');
    const wrong = postgresClient(emulator.url, { ...guest, secretKey: 'wrong' });
    assert.equal(await codeOf(wrong.DescribeDBInstances({})), 'AuthFailure.SignatureFailure');
  });

  it('refuses a time more than five minutes off wall time, whatever the business clock shows', async () => {
    assert.equal(errorCode(await list({ secondsOff: -301 })), 'AuthFailure.SignatureExpire');
    assert.equal(errorCode(await list({ secondsOff: 302 })), 'AuthFailure.SignatureExpire');
    assert.equal(errorCode(await list({ secondsOff: -290 })), 'ok');
    await guest.control('POST', '/clock', { advanceSeconds: 86_400 });
    assert.equal(errorCode(await list()), 'ok');
  });

  it('refuses unknown keys, malformed authorizations, and signatures without host', async () => {
    const stranger = { accessKeyId: 'nobody', secretKey: 'x' };
    const unknown = await sendTc3(emulator.url, stranger, { action: 'DescribeZones' });
    assert.equal(errorCode(unknown), 'AuthFailure.SecretIdNotFound');
    const malformed = await list({ headers: { authorization: 'TC3-HMAC-SHA256 nonsense' } });
    assert.equal(errorCode(malformed), 'AuthFailure.InvalidAuthorization');
    const hostless = await list({ signedHeaders: ['content-type'] });
    assert.equal(errorCode(hostless), 'AuthFailure.InvalidAuthorization');
  });

  it('checks version, action and region', async () => {
    assert.equal(errorCode(await list({ version: '2016-01-01' })), 'NoSuchVersion');
    assert.equal(errorCode(await list({ version: '2018-08-13' })), 'InvalidAction');
    assert.equal(errorCode(await list({ action: 'DropEverything' })), 'InvalidAction');
    assert.equal(errorCode(await list({ region: 'cn-hangzhou' })), 'UnsupportedRegion');
    assert.equal(errorCode(await list({ region: null })), 'MissingParameter');
  });

  it('answers errors with HTTP 200, JSON, a request id and the trace id that was sent', async () => {
    const answer = await list({ version: 'x', headers: { 'x-tc-traceid': 'trace-1' } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.headers['x-tc-traceid'], 'trace-1');
    const { Response } = JSON.parse(answer.body) as { Response: { RequestId: string } };
    assert.match(Response.RequestId, /^[0-9a-f-]{36}$/);
  });

  it('knows the other clouds by their requests and says that they are not served yet', async () => {
    const acs3 = { authorization: 'ACS3-HMAC-SHA256 Credential=x' };
    const requests = [
      { target: '/', headers: acs3 },
      { target: '/?AccessKeyId=x&Signature=y&Action=DescribeDBInstances' },
      { target: '/v1/regions/cn-north-1/instances' },
    ];
    for (const request of requests) {
      const answer = await send(emulator.url, { method: 'GET', ...request });
      assert.equal(answer.status, 501);
      assert.match(answer.body, /not served by this version/);
    }
  });

  it('says where the control API is when a request belongs to no cloud', async () => {
    const answer = await send(emulator.url, { method: 'GET', target: '/' });
    assert.equal(answer.status, 404);
    assert.match(answer.body, /_emulator/);
  });
});
