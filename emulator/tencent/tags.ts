import { z } from 'zod';
import { createHash } from 'node:crypto';
import { type Call, refusal, type Tags } from '../cloud.ts';
import { action } from './action.ts';
import { type Instance, isGone } from './instance.ts';
import { tagRows, visibleTags } from './instance-view.ts';
import { fields, text, texts, whole } from './parameters.ts';
import { type TencentContext } from './state.ts';
import { settleInstance } from './lifecycle.ts';
import { checkServiceTags } from './tag-rules.ts';

const version = '2018-08-13';
/** ASSUMPTION: the tag service's own limits were not read; 20 is its pages' usual default. */
const perSecond = 20;
const needsRegion = false;

const tagRow = fields({ TagKey: text, TagValue: text, Category: text.optional() });
const filter = fields({ TagKey: text, TagValue: texts.optional() });
const described = (tags: Tags) => tagRows(tags).map((row) => ({ ...row, Category: 'Custom' }));

/** All of the account's instances in all regions: this service is not bound to one. */
function everyInstance(context: TencentContext, call: Call): Instance[] {
  const state = context.stateOf(call.account);
  return [...state.instances.values()].filter((instance) => {
    settleInstance(context, state, instance);
    return !isGone(instance) && instance.attributeFrom <= Date.now();
  });
}

const resourceName = ({ region, id }: Instance) =>
  `qcs::postgres:${region}:uin/:DBInstanceId/${id}`;

/** Reads `qcs::postgres:<region>:uin/<uin>:DBInstanceId/<id>`, the uin being optional (Terraform leaves it out). */
function instanceNamed(context: TencentContext, call: Call, resource: string): Instance {
  const match = /^qcs::postgres:([^:]+):(?:uin\/\d*)?:DBInstanceId\/(.+)$/.exec(resource);
  if (!match)
    throw refusal(
      'InvalidParameterValue.ResourceDescriptionError',
      `${resource} is not a six-segment resource description that this emulator serves.`,
    );
  const found = everyInstance(context, call).find(
    ({ id, region }) => id === match[2] && region === match[1],
  );
  // ASSUMPTION: the code for a resource that does not exist
  if (!found) throw refusal('ResourceNotFound', `${resource} does not exist.`);
  return found;
}

function retag(instance: Instance, change: { set?: Tags; drop?: readonly string[] }): void {
  const kept = Object.entries(instance.tags).filter(([key]) => !change.drop?.includes(key));
  instance.tags = { ...Object.fromEntries(kept), ...change.set };
}

const read = (rows: readonly { TagKey: string; TagValue: string }[]): Tags =>
  Object.fromEntries(rows.map(({ TagKey, TagValue }) => [TagKey, TagValue]));

/** At least one of the two lists, neither empty, no key in both, at most 10 (its page). */
export const modifyResourceTags = action({
  ...{ version, perSecond, needsRegion, kind: 'change' },
  parameters: fields({
    Resource: text,
    ReplaceTags: z.array(tagRow).min(1).max(10).optional(),
    DeleteTags: z
      .array(fields({ TagKey: text }))
      .min(1)
      .max(10)
      .optional(),
  }),
  subject: ({ Resource }) => ({ resourceId: Resource.split('/').at(-1) ?? null }),
  perform: (context, call, { Resource, ReplaceTags = [], DeleteTags = [] }) => {
    checkServiceTags(ReplaceTags);
    const drop = DeleteTags.map(({ TagKey }) => TagKey);
    if (ReplaceTags.length + drop.length === 0)
      throw refusal(
        'InvalidParameterValue.DeleteTagsParamError',
        'One of `ReplaceTags` and `DeleteTags` is required.',
      );
    if (ReplaceTags.some(({ TagKey }) => drop.includes(TagKey)))
      throw refusal(
        'InvalidParameterValue.DeleteTagsParamError',
        '`ReplaceTags` and `DeleteTags` must not name the same key.',
      );
    const instance = instanceNamed(context, call, Resource);
    retag(instance, { set: read(ReplaceTags), drop });
    return { resourceId: instance.id, name: instance.name, tags: instance.tags, answer: {} };
  },
});

type Failed = { Resource: string; Code: string; Message: string };

/** Changes each resource that can be changed and lists the others. */
function eachResource(resources: readonly string[], change: (resource: string) => void): Failed[] {
  return resources.flatMap((resource) => {
    try {
      change(resource);
      return [];
    } catch (error) {
      const { code = 'InternalError', message } = error as Error & { code?: string };
      return [{ Resource: resource, Code: code, Message: message }];
    }
  });
}

const idsOf = (resources: readonly string[]) => ({
  resourceId: resources.map((resource) => resource.split('/').at(-1) ?? resource).join(','),
});

export const tagResources = action({
  ...{ version, perSecond, needsRegion, kind: 'change' },
  parameters: fields({ ResourceList: texts.min(1).max(9), Tags: z.array(tagRow).min(1).max(9) }),
  subject: ({ ResourceList }) => idsOf(ResourceList),
  perform: (context, call, { ResourceList, Tags }) => {
    checkServiceTags(Tags);
    const FailedResources = eachResource(ResourceList, (resource) =>
      retag(instanceNamed(context, call, resource), { set: read(Tags) }),
    );
    return { tags: read(Tags), answer: { FailedResources } };
  },
});

export const unTagResources = action({
  ...{ version, perSecond, needsRegion, kind: 'change' },
  parameters: fields({ ResourceList: texts.min(1).max(9), TagKeys: texts.min(1).max(9) }),
  subject: ({ ResourceList }) => idsOf(ResourceList),
  perform: (context, call, { ResourceList, TagKeys }) => ({
    answer: {
      FailedResources: eachResource(ResourceList, (resource) =>
        retag(instanceNamed(context, call, resource), { drop: TagKeys }),
      ),
    },
  }),
});

const md5 = (word: string) => createHash('md5').update(word).digest('hex');

/** Offset must be a multiple of Limit, which is 15 by default. */
function pageByMultiple<Row>(rows: readonly Row[], offset = 0, limit = 15) {
  if (limit < 1 || offset < 0 || offset % limit !== 0)
    throw refusal(
      'InvalidParameterValue.OffsetInvalid',
      `\`Offset\` ${offset} must be a multiple of \`Limit\` ${limit}.`,
    );
  return {
    shown: rows.slice(offset, offset + limit),
    facts: { TotalCount: rows.length, Offset: offset, Limit: limit },
  };
}

export const describeResourceTagsByResourceIds = action({
  ...{ version, perSecond, needsRegion },
  parameters: fields({
    ServiceType: text,
    ResourcePrefix: text,
    ResourceIds: texts.max(50),
    ResourceRegion: text,
    Offset: whole.optional(),
    Limit: whole.optional(),
    Category: text.optional(),
  }),
  emptyAnswer: { TotalCount: 0, Offset: 0, Limit: 15, Tags: [] },
  perform: (context, call, parameters) => {
    const { ServiceType, ResourceIds, ResourceRegion, Offset, Limit } = parameters;
    const rows = everyInstance(context, call)
      .filter(({ id, region }) => ResourceIds.includes(id) && region === ResourceRegion)
      .filter(() => ServiceType === 'postgres')
      .flatMap((instance) =>
        described(visibleTags(instance)).map((row) => ({
          ...{ ...row, ResourceId: instance.id, ServiceType },
          ...{ TagKeyMd5: md5(row.TagKey), TagValueMd5: md5(row.TagValue) },
        })),
      );
    const { shown, facts } = pageByMultiple(rows, Offset, Limit);
    return { answer: { ...facts, Tags: shown } };
  },
});

function carries(
  instance: Instance,
  filters: readonly { TagKey: string; TagValue?: string[] | undefined }[],
): boolean {
  const tags = visibleTags(instance);
  return filters.every(({ TagKey, TagValue = [] }) => {
    const value = Object.hasOwn(tags, TagKey) ? tags[TagKey] : undefined;
    return value !== undefined && (TagValue.length === 0 || TagValue.includes(value));
  });
}

export const describeResourcesByTags = action({
  ...{ version, perSecond, needsRegion },
  parameters: fields({
    TagFilters: z.array(filter).min(1).max(6),
    CreateUin: whole.optional(),
    Offset: whole.optional(),
    Limit: whole.optional(),
    ResourcePrefix: text.optional(),
    ResourceId: text.optional(),
    ResourceRegion: text.optional(),
    ServiceType: text.optional(),
  }),
  emptyAnswer: { TotalCount: 0, Offset: 0, Limit: 15, Rows: [] },
  perform: (context, call, parameters) => {
    const { TagFilters, ResourceId, ResourceRegion, ServiceType = 'postgres' } = parameters;
    const rows = everyInstance(context, call)
      .filter(({ id }) => ResourceId === undefined || id === ResourceId)
      .filter(({ region }) => !ResourceRegion || region === ResourceRegion)
      .filter((instance) => ServiceType === 'postgres' && carries(instance, TagFilters))
      .map((instance) => ({
        ...{ ResourceRegion: instance.region, ServiceType, ResourcePrefix: 'DBInstanceId' },
        ...{ ResourceId: instance.id, Tags: described(visibleTags(instance)) },
      }));
    const { shown, facts } = pageByMultiple(rows, parameters.Offset, parameters.Limit);
    return { answer: { ...facts, Rows: shown } };
  },
});

/** The token is the number of rows already given; ASSUMPTION: the real one is opaque. */
export const getResources = action({
  ...{ version, perSecond, needsRegion },
  parameters: fields({
    ResourceList: texts.optional(),
    TagFilters: z.array(filter).max(6).optional(),
    PaginationToken: text.optional(),
    MaxResults: whole.min(1).max(200).optional(),
  }),
  emptyAnswer: { PaginationToken: '', ResourceTagMappingList: [] },
  perform: (context, call, parameters) => {
    const { ResourceList, TagFilters = [], PaginationToken, MaxResults = 50 } = parameters;
    const names = ResourceList?.map((resource) => resource.split('/').at(-1));
    const rows = everyInstance(context, call)
      .filter((instance) => (names ? names.includes(instance.id) : carries(instance, TagFilters)))
      .map((instance) => ({
        Resource: resourceName(instance),
        Tags: described(visibleTags(instance)),
      }));
    const from = names ? 0 : Number(PaginationToken ?? 0) || 0;
    const until = names ? rows.length : from + MaxResults;
    return {
      answer: {
        PaginationToken: until < rows.length ? String(until) : '',
        ResourceTagMappingList: rows.slice(from, until),
      },
    };
  },
});
