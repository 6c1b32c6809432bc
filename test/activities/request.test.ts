import assert from 'node:assert/strict';
import fc from 'fast-check';
import { spokenMoment } from '../../activities/moments.ts';
import { durationMs, parseMoment } from '../../activities/request.ts';
import { markOf } from '../../activities/tencent-postgres-clone/order.ts';
import { parseCloneRequest, regions } from '../../activities/tencent-postgres-clone/request.ts';

const good = { source: 'postgres-6xk2v1qa', from: { backup: 'latest' } };

/** All faults of a request as the one line that a person reads; empty if it is accepted. */
function faults(input: unknown): string {
  const parsed = parseCloneRequest(input);
  return 'issues' in parsed ? parsed.issues.join('; ') : '';
}

function accepted(input: unknown) {
  const parsed = parseCloneRequest(input);
  assert.ok('request' in parsed, faults(input));
  return parsed.request;
}

/** Every parameter of the CloneDBInstance document that a person may set, with a value it allows. */
const everyField = {
  SpecCode: 'cdb.pg.z1.2g',
  Storage: 10,
  Period: 1,
  AutoRenewFlag: 0,
  VpcId: 'vpc-2ot3acw1',
  SubnetId: 'subnet-ppv9iw34',
  InstanceChargeType: 'POSTPAID_BY_HOUR',
  SecurityGroupIds: ['sg-1'],
  ProjectId: 0,
  TagList: [{ TagKey: 'team', TagValue: 'orders' }],
  DBNodeSet: [
    { Role: 'Standby', Zone: 'ap-guangzhou-3' },
    { Role: 'Primary', Zone: 'ap-guangzhou-3' },
  ],
  AutoVoucher: 0,
  VoucherIds: 'voucher-1',
  ActivityId: 7,
  SyncMode: 'Semi-sync',
  DeletionProtection: true,
};

describe('The request of tencentPostgresClone', () => {
  it('takes four lines and fills in the rest', () => {
    assert.deepEqual(accepted(good), {
      ...good,
      target: {},
      onFailure: 'undo',
      deadlines: { check: '30m', undo: '24h' },
    });
  });

  for (const [field, value] of Object.entries(everyField))
    it(`takes the document's ${field} under target`, () => {
      const network = /Vpc|Subnet/.test(field)
        ? { VpcId: everyField.VpcId, SubnetId: everyField.SubnetId }
        : {};
      const { target } = accepted({ ...good, target: { ...network, [field]: value } });
      assert.deepEqual(target[field as keyof typeof target], value);
    });

  it('takes all fields of the document at once', () => {
    assert.deepEqual(accepted({ ...good, target: everyField }).target, everyField);
  });

  it("takes the document's own example, lower-case billing included", () => {
    const request = accepted({
      source: 'postgres-abcd1234',
      from: { pointInTime: '2021-12-25 01:27:35 +08:00' },
      target: { ...everyField, AutoRenewFlag: 1, InstanceChargeType: 'prepaid' },
      acceptNoUndo: true,
    });
    assert.equal(request.target.InstanceChargeType, 'PREPAID');
  });

  for (const region of regions)
    it(`takes the document's region ${region}`, () =>
      assert.equal(accepted({ ...good, region }).region, region));

  const rules: [rule: string, good: object, bad: object, sentence: string][] = [
    [
      'a source is a Tencent PostgreSQL instance id',
      { source: 'postgres-abcd1234' },
      { source: 'rm-uf6wjk5x9q2t71m3' },
      'source: a Tencent PostgreSQL instance id, such as postgres-6xk2v1qa',
    ],
    [
      'the restore is named by its workflow type',
      { restore: 'tencentPostgresClone' },
      { restore: 'tencentMysqlClone' },
      'restore: expected "tencentPostgresClone"',
    ],
    [
      'exactly one point is given, not none',
      { from: { ago: '30m' } },
      { from: {} },
      'from: give one of backup, pointInTime, ago',
    ],
    [
      'exactly one point is given, not two',
      { from: { backup: 'latest' } },
      { from: { pointInTime: '2026-11-21 02:41:00 +08:00', backup: 'latest' } },
      'from: give one of backup, pointInTime, ago, not pointInTime and backup',
    ],
    [
      'the region is one that the API serves',
      { region: 'eu-frankfurt' },
      { region: 'eu-paris' },
      `region: expected one of ${regions.map((name) => `"${name}"`).join('|')}`,
    ],
    [
      'storage comes in steps of 10 GB',
      { target: { Storage: 300 } },
      { target: { Storage: 305 } },
      'target.Storage: GB, in steps of 10',
    ],
    [
      'a period of billing by use is 1',
      { target: { Period: 1 } },
      { target: { Period: 2 } },
      'target.Period: billing by use takes 1 only',
    ],
    [
      'a prepaid period is one that is sold',
      { target: { InstanceChargeType: 'PREPAID', Period: 36 }, acceptNoUndo: true },
      { target: { InstanceChargeType: 'PREPAID', Period: 13 }, acceptNoUndo: true },
      'target.Period: prepaid takes 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36 months',
    ],
    [
      'renewal needs a prepaid instance',
      { target: { InstanceChargeType: 'PREPAID', AutoRenewFlag: 1 }, acceptNoUndo: true },
      { target: { AutoRenewFlag: 1 } },
      'target.AutoRenewFlag: 1 needs InstanceChargeType PREPAID',
    ],
    [
      'the renewal flag is 0 or 1',
      { target: { AutoRenewFlag: 0 } },
      { target: { AutoRenewFlag: 2 } },
      'target.AutoRenewFlag: give 0 or 1',
    ],
    [
      'the voucher flag is 0 or 1',
      { target: { AutoVoucher: 1 } },
      { target: { AutoVoucher: true } },
      'target.AutoVoucher: give 0 or 1',
    ],
    [
      'billing is one of two kinds',
      { target: { InstanceChargeType: 'postpaid_by_hour' } },
      { target: { InstanceChargeType: 'POSTPAID' } },
      'target.InstanceChargeType: expected one of "PREPAID"|"POSTPAID_BY_HOUR"',
    ],
    [
      'prepaid must be accepted as not undoable',
      { target: { InstanceChargeType: 'PREPAID' }, acceptNoUndo: true },
      { target: { InstanceChargeType: 'PREPAID' } },
      'acceptNoUndo: must be true for InstanceChargeType PREPAID: a prepaid instance cannot be undone',
    ],
    [
      'a subnet comes with its network',
      { target: { VpcId: 'vpc-1', SubnetId: 'subnet-1' } },
      { target: { SubnetId: 'subnet-1' } },
      'target.VpcId: required with SubnetId',
    ],
    [
      'a network comes with its subnet',
      { target: { VpcId: 'vpc-1', SubnetId: 'subnet-1' } },
      { target: { VpcId: 'vpc-1' } },
      'target.SubnetId: required with VpcId',
    ],
    [
      'a network id looks like one',
      { target: { VpcId: 'vpc-1', SubnetId: 'subnet-1' } },
      { target: { VpcId: 'subnet-1', SubnetId: 'vpc-1' } },
      'target.VpcId: a VPC id starts with vpc-; target.SubnetId: a subnet id starts with subnet-',
    ],
    [
      'nodes have exactly one primary',
      { target: { DBNodeSet: [{ Role: 'Primary', Zone: 'ap-guangzhou-3' }] } },
      { target: { DBNodeSet: [{ Role: 'Standby', Zone: 'ap-guangzhou-3' }] } },
      'target.DBNodeSet: give exactly one Primary node, not 0',
    ],
    [
      'a node is a primary or a standby',
      { target: { DBNodeSet: [{ Role: 'Primary', Zone: 'z', DedicatedClusterId: 'c' }] } },
      { target: { DBNodeSet: [{ Role: 'Replica', Zone: 'z' }] } },
      'target.DBNodeSet.0.Role: expected one of "Primary"|"Standby"',
    ],
    [
      'the synchronous mode is one of two',
      { target: { SyncMode: 'Async' } },
      { target: { SyncMode: 'Sync' } },
      'target.SyncMode: expected one of "Semi-sync"|"Async"',
    ],
    [
      'lifeboat tags are ours',
      { target: { TagList: [{ TagKey: 'team', TagValue: '' }] } },
      { target: { TagList: [{ TagKey: 'lifeboat-restore', TagValue: 'x' }] } },
      'target.TagList: tags that start with lifeboat are ours',
    ],
    [
      'a name holds letters, digits, _ and -',
      { name: '订单-orders_0241' },
      { name: 'orders 0241' },
      'name: Chinese or English letters, digits, _ and - only',
    ],
    [
      'a name leaves room for our ending',
      { name: 'a'.repeat(44) },
      { name: 'a'.repeat(45) },
      'name: at most 44 characters, we add 15',
    ],
    [
      'a failure is undone or kept',
      { onFailure: 'keep' },
      { onFailure: 'explode' },
      'onFailure: expected one of "undo"|"keep"',
    ],
    [
      'a duration has a unit',
      { from: { ago: '1.5h' } },
      { from: { ago: '30' } },
      'from.ago: write a duration such as 90s, 30m, 6h or 1d',
    ],
    [
      'a deadline is a duration above zero',
      { deadlines: { check: '5m', wait: '6h', undo: '2d' } },
      { deadlines: { check: '0m' } },
      'deadlines.check: write a duration such as 90s, 30m, 6h or 1d',
    ],
    [
      'a backup is named by its id',
      { from: { backup: 'b0a1' } },
      { from: { backup: true } },
      'from.backup: give a backup set id, or latest',
    ],
  ];
  for (const [rule, rightly, wrongly, sentence] of rules)
    it(`${rule}: accepted and refused in words`, () => {
      assert.equal(faults({ ...good, ...rightly }), '');
      assert.equal(faults({ ...good, ...wrongly }), sentence);
    });

  const owned = {
    DBInstanceId: 'use source',
    Name: 'use name',
    BackupSetId: 'use from.backup',
    RecoveryTargetTime: 'use from.pointInTime',
    Region: 'use region',
    Action: 'the restore names its action itself',
    Version: 'the restore names its version itself',
  };
  for (const [field, place] of Object.entries(owned))
    it(`refuses target.${field}, which the frame owns: ${place}`, () =>
      assert.equal(faults({ ...good, target: { [field]: 'x' } }), `target.${field}: ${place}`));

  const misspelt: [input: object, sentence: string][] = [
    [{ target: { Storrage: 300 } }, 'target.Storrage: unknown field, did you mean Storage?'],
    [{ target: { specCode: 'x' } }, 'target.specCode: unknown field, did you mean SpecCode?'],
    [{ accounts: 'x' }, 'accounts: unknown field, did you mean account?'],
    [{ deadlines: { chekc: '5m' } }, 'deadlines.chekc: unknown field, did you mean check?'],
    [
      { target: { DBNodeSet: [{ Role: 'Primary', Zone: 'z', zone: 'z' }] } },
      'target.DBNodeSet.0.zone: unknown field, did you mean Zone?',
    ],
    [{ target: { Xylophone: 1 } }, 'target.Xylophone: unknown field'],
  ];
  for (const [input, sentence] of misspelt)
    it(`names the nearest field: ${sentence}`, () =>
      assert.equal(faults({ ...good, ...input }), sentence));

  it('passes on under unchecked what the document does not know', () => {
    const unchecked = { StorageType: 'CLOUD_HSSD', Nested: { a: [1] } };
    assert.deepEqual(accepted({ ...good, unchecked }).unchecked, unchecked);
  });

  it('takes numeric ids that came unquoted', () => {
    const { from } = accepted({ ...good, from: { backup: 1065238746521 } });
    assert.equal(from.backup, '1065238746521');
  });

  it('lists every fault in one line', () => {
    const line = faults({
      from: { pointInTime: 'yesterday', backup: 'latest' },
      name: 'a b',
      target: { Name: 'x', Storrage: 300, Period: 5, InstanceChargeType: 'POSTPAID_BY_HOUR' },
    });
    assert.equal(line.split('\n').length, 1);
    for (const part of [
      'source: required',
      'from.pointInTime: write a moment',
      'name: Chinese or English',
      'target.Name: use name',
      'target.Storrage: unknown field, did you mean Storage?',
      'target.Period: billing by use takes 1 only',
    ])
      assert.ok(line.includes(part), `${part} is not in: ${line}`);
  });

  it('names a prepaid target that nobody accepted beside any other fault', () => {
    const line = faults({ from: { ago: '5m' }, target: { InstanceChargeType: 'prepaid' } });
    assert.match(line, /source: required/);
    assert.match(line, /acceptNoUndo: must be true/);
  });

  for (const input of [undefined, null, 'text', 7, [], true])
    it(`says what a request is instead of ${JSON.stringify(input) ?? 'nothing'}`, () =>
      assert.match(faults(input), /^request: (required|expected object, received \w+)$/));
});

describe('A moment', () => {
  const whole =
    /write a moment with its offset, to the second, such as "2026-11-21 02:41:00 \+08:00"/;
  const moment = (pointInTime: unknown) => faults({ ...good, from: { pointInTime } });

  for (const text of [
    '2026-11-21 02:41:00 +08:00',
    '2026-11-21T02:41:00+08:00',
    '2026-11-21 02:41:00 +0800',
    '2026-11-21T02:41:00Z',
    '2026-11-21 02:41:00 UTC',
    '2026-11-21T02:41:00.000Z',
    '2028-02-29 00:00:00 -11:30',
  ])
    it(`may be written ${text}`, () => assert.equal(moment(text), ''));

  for (const [text, why] of [
    ['2026-11-21 02:41:00', 'has no offset'],
    ['2026-11-21 02:41 +08:00', 'has no seconds'],
    ['2026-11-21 02:41:00.5 +08:00', 'is between two seconds'],
    ['2026-02-31 02:41:00 +08:00', 'is on 31 February'],
    ['2026-02-29 02:41:00 +08:00', 'is on 29 February of a common year'],
    ['2026-11-21 02:60:00 +08:00', 'has a minute 60'],
    ['2026-11-21 02:41:00 +25:00', 'has an offset of 25 hours'],
    ['02:41', 'is a bare clock time'],
    ['', 'is empty'],
  ] as const)
    it(`is refused when it ${why}`, () => assert.match(moment(text), whole));

  it('that YAML made a date is refused by type', () =>
    assert.equal(moment(new Date(0)), 'from.pointInTime: expected string, received Date'));

  it('comes back the same after it was spoken and read again', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_102_444_800 }),
        fc.integer({ min: -12 * 60, max: 14 * 60 }),
        (seconds, minutes) => {
          const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0');
          const offset = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(minutes % 60)}`;
          const iso = new Date(seconds * 1000).toISOString();
          assert.equal(parseMoment(spokenMoment(iso, offset)), iso);
        },
      ),
    ));
});

describe('Any request', () => {
  it('is parsed or refused in words, and never throws', () =>
    fc.assert(
      fc.property(fc.anything({ withDate: true, withBigInt: true, maxDepth: 4 }), (input) => {
        const parsed = parseCloneRequest(input);
        assert.ok('request' in parsed || parsed.issues.length > 0);
      }),
    ));

  const anything = () => fc.anything({ maxDepth: 2 });
  const almost = fc.record(
    {
      source: fc.oneof(fc.constant(good.source), anything()),
      from: fc.oneof(fc.record({ backup: anything(), ago: anything() }), anything()),
      name: anything(),
      target: fc.oneof(
        fc.record(Object.fromEntries(Object.keys(everyField).map((field) => [field, anything()])), {
          requiredKeys: [],
        }),
        anything(),
      ),
      deadlines: anything(),
      unchecked: anything(),
    },
    { requiredKeys: [] },
  );
  it('that is almost right is parsed or refused in words, one line each', () =>
    fc.assert(
      fc.property(almost, (input) => {
        const parsed = parseCloneRequest(input);
        if ('request' in parsed) return;
        for (const issue of parsed.issues) assert.match(issue, /^[^\n]+: \S/);
      }),
    ));

  const word = (alphabet: string, size: { minLength: number; maxLength: number }) =>
    fc.string({ unit: fc.constantFrom(...alphabet), ...size });
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const prefix = word(`${letters}ABCXYZ_-订单恢复`, { minLength: 1, maxLength: 44 });
  const someDuration = fc
    .tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom('s', 'm', 'h', 'd'))
    .map(([count, unit]) => `${count}${unit}`);
  const valid = fc.record(
    {
      source: word(letters, { minLength: 4, maxLength: 12 }).map((id) => `postgres-${id}`),
      from: fc.oneof(
        someDuration.map((ago) => ({ ago })),
        fc.oneof(fc.uuid(), fc.nat()).map((backup) => ({ backup })),
        fc.integer({ min: 0, max: 4_102_444_800 }).map((at) => ({
          pointInTime: spokenMoment(new Date(at * 1000).toISOString(), '+08:00'),
        })),
      ),
      name: prefix,
      reason: fc.string({ maxLength: 500 }),
      region: fc.constantFrom(...regions),
      onFailure: fc.constantFrom('undo', 'keep'),
      deadlines: fc.record(
        { check: someDuration, wait: someDuration, undo: someDuration },
        { requiredKeys: [] },
      ),
      target: fc.record(
        {
          SpecCode: word(`${letters}.`, { minLength: 1, maxLength: 20 }),
          Storage: fc.integer({ min: 1, max: 3200 }).map((tens) => tens * 10),
          Period: fc.constant(1),
          AutoRenewFlag: fc.constant(0),
          ProjectId: fc.nat(),
          AutoVoucher: fc.constantFrom(0, 1),
          SyncMode: fc.constantFrom('Semi-sync', 'Async'),
          DeletionProtection: fc.boolean(),
          SecurityGroupIds: fc.array(fc.constantFrom('sg-1', 'sg-2'), {
            minLength: 1,
            maxLength: 5,
          }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['source', 'from'] },
  );
  it('that keeps the rules is accepted', () =>
    fc.assert(fc.property(valid, (input) => assert.equal(faults(input), ''))));

  it('gets a cloud name of at most 59 characters that the cloud allows', () =>
    fc.assert(
      fc.property(prefix, fc.uuid(), (name, restoreId) => {
        assert.equal(faults({ ...good, name }), '');
        const mark = markOf(name, { restoreId, owner: 'me' });
        assert.ok(mark.name.length <= 59, mark.name);
        assert.match(mark.name, /^[\p{Script=Han}A-Za-z0-9_-]+-lb[0-9a-f]{12}$/u);
        assert.ok(mark.name.startsWith(`${name}-lb`));
        assert.deepEqual(mark.tags, { 'lifeboat-restore': restoreId, 'lifeboat-owner': 'me' });
      }),
    ));

  it('gets a cloud name of its own in each run, and the same one in each attempt', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 20 }), (ids) => {
        const nameIn = (restoreId: string) => markOf('orders', { restoreId, owner: 'me' }).name;
        assert.equal(new Set(ids.map(nameIn)).size, ids.length);
        assert.deepEqual(ids.map(nameIn), ids.map(nameIn));
      }),
    ));
});

describe('A duration', () => {
  for (const [text, ms] of [
    ['250ms', 250],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    [' 6h ', 21_600_000],
  ] as const)
    it(`${text} is ${ms} ms`, () => assert.equal(durationMs(text), ms));

  for (const text of ['', '5', 'h', '-5m', '5 m', '5w', '1e3s', 'soon'])
    it(`"${text}" is none`, () => assert.equal(durationMs(text), undefined));
});
