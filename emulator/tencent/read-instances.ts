import { action } from './action.ts';
import { beijingTime } from './beijing-time.ts';
import { securityGroups } from './fixtures.ts';
import { type Instance, statusOf } from './instance.ts';
import { appIdOf, instanceView, visibleTags } from './instance-view.ts';
import { filtered, ordered, pageOf } from './paging.ts';
import { fields, filters, text, whole } from './parameters.ts';
import { instanceNotFound, invalidValue } from './refusals.ts';
import { instanceById, instancesIn } from './state.ts';

const page = {
  Limit: whole.optional(),
  Offset: whole.optional(),
  OrderBy: text.optional(),
  OrderByType: text.optional(),
};

/** DOC 409/16773, 2026-08. The name filter is a substring match; `db-tag-key` narrows by key only. */
export const describeDBInstances = action({
  perSecond: 1000,
  parameters: fields({ Filters: filters.optional(), ...page }),
  emptyAnswer: { TotalCount: 0, DBInstanceSet: [] },
  perform: (context, call, { Filters, Limit, Offset, OrderBy, OrderByType }) => {
    const listed = instancesIn(context, call).filter(
      (instance) =>
        instance.listedFrom <= Date.now() &&
        (context.assumptions.listsIsolated || statusOf(instance) !== 'isolated'),
    );
    const found = filtered<Instance>(listed, Filters, {
      'db-instance-id': ({ id }, value) => id === value,
      'db-instance-name': ({ name }, value) => name.includes(value),
      'db-project-id': ({ projectId }, value) => String(projectId) === value,
      'db-pay-mode': ({ payType }, value) => payType === value,
      'db-tag-key': (instance, value) => Object.hasOwn(visibleTags(instance), value),
      'db-private-ip': ({ endpoint }, value) => endpoint.address === value,
      'db-public-address': () => false,
      'db-dedicated-cluster-id': () => false,
    });
    const asked = Filters?.find(({ Name }) => Name === 'db-instance-id')?.Values ?? [];
    if (context.assumptions.unknownIdInList === 'refused')
      for (const id of asked) if (!listed.some((row) => row.id === id)) throw instanceNotFound(id);
    const rows = ordered(found, {
      by: OrderBy ?? 'CreateTime',
      direction: OrderByType ?? 'asc',
      keys: {
        DBInstanceId: ({ id }) => id,
        CreateTime: ({ createdAt }) => createdAt,
        Name: ({ name }) => name,
        EndTime: ({ expiresAt }) => expiresAt ?? 0,
      },
    });
    const shown = pageOf(rows, { limit: Limit, offset: Offset, fallback: 10, minimum: 0 });
    return {
      answer: {
        TotalCount: rows.length,
        DBInstanceSet: shown.map((instance) => instanceView(call.account, instance)),
      },
    };
  },
});

export const describeDBInstanceAttribute = action({
  perSecond: 1000,
  parameters: fields({ DBInstanceId: text }),
  perform: (context, call, { DBInstanceId }) => ({
    answer: {
      DBInstance: instanceView(call.account, instanceById(context, call, DBInstanceId)),
    },
  }),
});

/** Terraform's clone resource reads it (emulator-contract.md). Rate limit not published; ASSUMPTION 20. */
export const describeDBInstanceSecurityGroups = action({
  perSecond: 20,
  parameters: fields({ DBInstanceId: text.optional(), ReadOnlyGroupId: text.optional() }),
  emptyAnswer: { SecurityGroupSet: [] },
  perform: (context, call, { DBInstanceId }) => {
    if (DBInstanceId === undefined)
      throw invalidValue('One of `DBInstanceId` and `ReadOnlyGroupId` is required.');
    const instance = instanceById(context, call, DBInstanceId);
    const rule = { Action: 'ACCEPT', PortRange: 'ALL', IpProtocol: 'ALL', Description: '' };
    const groups = securityGroups
      .filter(({ id }) => instance.securityGroupIds.includes(id))
      .map(({ id, name }) => ({
        ...{ ProjectId: 0, CreateTime: beijingTime(instance.createdAt) },
        Inbound: [{ ...rule, CidrIp: '10.0.0.0/8' }],
        Outbound: [{ ...rule, CidrIp: '0.0.0.0/0' }],
        ...{ SecurityGroupId: id, SecurityGroupName: name },
        SecurityGroupDescription: `of application ${appIdOf(call.account)}`,
      }));
    return { answer: { SecurityGroupSet: groups } };
  },
});
