import { z } from 'zod';
import { deadlines, duration, frame, moment, parseRequest, type Parsed } from '../request.ts';

/**
 * The 18 regions that CloneDBInstance names (API document CloneDBInstance, parameter Region; read 2026-11).
 */
export const regions = [
  'ap-bangkok',
  'ap-beijing',
  'ap-chengdu',
  'ap-chongqing',
  'ap-guangzhou',
  'ap-hongkong',
  'ap-jakarta',
  'ap-nanjing',
  'ap-seoul',
  'ap-shanghai',
  'ap-shanghai-fsi',
  'ap-shenzhen-fsi',
  'ap-singapore',
  'ap-tokyo',
  'eu-frankfurt',
  'na-ashburn',
  'na-siliconvalley',
  'sa-saopaulo',
] as const;

/** Months that can be bought at once, prepaid (API document, parameter Period). */
const prepaidMonths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36];

/** `-lb` and 12 hex digits are ours; Tencent allows fewer than 60 characters (API document, parameter Name). */
const longestPrefix = 59 - '-lb'.length - 12;

const flag = z.union([z.literal(0), z.literal(1)], 'give 0 or 1');
/** YAML reads an id of digits as a number. */
const backupId = z.union(
  [z.string().min(1), z.number().transform(String)],
  'give a backup set id, or latest',
);

const node = z.strictObject({
  Role: z.enum(['Primary', 'Standby']),
  Zone: z.string().min(1),
  DedicatedClusterId: z.string().optional(),
});

const tag = z.strictObject({ TagKey: z.string().min(1), TagValue: z.string() });

const targetFields = z
  .strictObject({
    SpecCode: z.string().min(1).describe('From DescribeClasses. Default: the source’s.'),
    Storage: z
      .int()
      .positive()
      .multipleOf(10, 'GB, in steps of 10')
      .describe('GB, in steps of 10. Default: the source’s, at least the documented minimum.'),
    Period: z.int().describe('Months. Billing by use: 1 only.'),
    AutoRenewFlag: flag.describe('1 needs InstanceChargeType PREPAID.'),
    VpcId: z.string().regex(/^vpc-/, 'a VPC id starts with vpc-'),
    SubnetId: z.string().regex(/^subnet-/, 'a subnet id starts with subnet-'),
    InstanceChargeType: z
      .string()
      .transform((value) => value.toUpperCase())
      .pipe(z.enum(['PREPAID', 'POSTPAID_BY_HOUR']))
      .describe('Default here: POSTPAID_BY_HOUR. The API’s own default is PREPAID.'),
    SecurityGroupIds: z.array(z.string().min(1)).min(1).describe('Default: the source’s.'),
    ProjectId: z.int().nonnegative(),
    TagList: z.array(tag).describe('Further tags. lifeboat-… is ours.'),
    DBNodeSet: z.array(node).min(1).describe('One Primary and its Standby. Default: the source’s.'),
    AutoVoucher: flag,
    VoucherIds: z.string().describe('A string in the API document, not a list.'),
    ActivityId: z.int(),
    SyncMode: z.enum(['Semi-sync', 'Async']),
    DeletionProtection: z
      .boolean()
      .describe('Switched off again by the undo if we switched it on.'),
  })
  .partial();

/** A rule of the document that binds fields together; `fault` says what is wrong, or nothing. */
interface Rule {
  field: keyof z.input<typeof targetFields>;
  fault(target: Record<string, unknown>): string | undefined;
}

const prepaid = (target: Record<string, unknown>) => target['InstanceChargeType'] === 'PREPAID';

const rules: Rule[] = [
  {
    field: 'Period',
    fault: (target) => {
      const { Period } = target;
      if (typeof Period !== 'number') return undefined;
      if (!prepaid(target)) return Period === 1 ? undefined : 'billing by use takes 1 only';
      if (prepaidMonths.includes(Period)) return undefined;
      return `prepaid takes ${prepaidMonths.join(', ')} months`;
    },
  },
  {
    field: 'AutoRenewFlag',
    fault: (target) =>
      target['AutoRenewFlag'] === 1 && !prepaid(target)
        ? '1 needs InstanceChargeType PREPAID'
        : undefined,
  },
  {
    field: 'SubnetId',
    fault: ({ VpcId, SubnetId }) =>
      VpcId !== undefined && SubnetId === undefined ? 'required with VpcId' : undefined,
  },
  {
    field: 'VpcId',
    fault: ({ VpcId, SubnetId }) =>
      SubnetId !== undefined && VpcId === undefined ? 'required with SubnetId' : undefined,
  },
  {
    field: 'DBNodeSet',
    fault: ({ DBNodeSet }) => {
      if (!Array.isArray(DBNodeSet)) return undefined;
      const words = DBNodeSet.map((node) => (node as { Role?: unknown } | null)?.Role);
      const primaries = words.filter((role) => role === 'Primary').length;
      const legal = words.every((role) => role === 'Primary' || role === 'Standby');
      return legal && primaries !== 1
        ? `give exactly one Primary node, not ${primaries}`
        : undefined;
    },
  },
  {
    field: 'TagList',
    fault: ({ TagList }) =>
      Array.isArray(TagList) &&
      TagList.some((tag) => String((tag as { TagKey?: unknown })?.TagKey).startsWith('lifeboat'))
        ? 'tags that start with lifeboat are ours'
        : undefined,
  },
];

// Each rule speaks also where another field is wrong: a person gets every fault at once.
const target = rules.reduce(
  (schema, { field, fault }) =>
    schema.refine((value) => fault(value) === undefined, {
      path: [field],
      error: ({ input }) => fault(input as Record<string, unknown>) ?? '',
      when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
    }),
  targetFields,
);

const from = z
  .strictObject({
    pointInTime: moment,
    ago: duration,
    backup: backupId.describe('A backup set id, or latest.'),
  })
  .partial()
  .superRefine((value, context) => {
    const given = Object.keys(value).filter(
      (key) => value[key as keyof typeof value] !== undefined,
    );
    if (given.length === 1) return;
    context.addIssue({
      code: 'custom',
      message:
        given.length === 0
          ? 'give one of backup, pointInTime, ago'
          : `give one of backup, pointInTime, ago, not ${given.join(' and ')}`,
    });
  });

export const cloneRequest = z
  .strictObject({
    restore: z.literal('tencentPostgresClone').optional(),
    source: z
      .string()
      .regex(
        /^postgres-[0-9a-z]{4,}$/,
        'a Tencent PostgreSQL instance id, such as postgres-6xk2v1qa',
      ),
    from,
    name: z
      .string()
      .regex(/^[\p{Script=Han}A-Za-z0-9_-]+$/u, 'Chinese or English letters, digits, _ and - only')
      .max(longestPrefix, `at most ${longestPrefix} characters, we add 15`)
      .optional()
      .describe('Prefix of the clone’s name. Default: the source id.'),
    target: target.default({}).describe('Fields of CloneDBInstance, verbatim.'),
    ...frame,
    region: z.enum(regions).optional().describe('Default: the account’s region.'),
    deadlines,
  })
  .refine((value) => value.acceptNoUndo === true || !isPrepaid(value), {
    path: ['acceptNoUndo'],
    message: 'must be true for InstanceChargeType PREPAID: a prepaid instance cannot be undone',
    when: ({ value }) => isPrepaid(value), // also where something else is wrong
  });

function isPrepaid(request: unknown): boolean {
  const { target } = (request ?? {}) as { target?: { InstanceChargeType?: unknown } | null };
  return target?.InstanceChargeType === 'PREPAID';
}

/** What the user writes. */
export type CloneRequestInput = z.input<typeof cloneRequest>;
/** The same with defaults filled. */
export type CloneRequest = z.output<typeof cloneRequest>;

/** Fields that belong to the frame, and to no other place. */
const owned = {
  'target.DBInstanceId': 'use source',
  'target.Name': 'use name',
  'target.BackupSetId': 'use from.backup',
  'target.RecoveryTargetTime': 'use from.pointInTime',
  'target.Region': 'use region',
  'target.Action': 'the restore names its action itself',
  'target.Version': 'the restore names its version itself',
};

export const parseCloneRequest = (input: unknown): Parsed<CloneRequest> =>
  parseRequest(cloneRequest, input, owned);
