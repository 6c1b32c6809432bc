import { refusal } from '../cloud.ts';
import { action } from './action.ts';
import { beijingTime, readBeijingTime } from './beijing-time.ts';
import { uinOf } from './instance-view.ts';
import type { Instance } from './instance.ts';
import { ordered, pageOf } from './paging.ts';
import { fields, text, texts, whole } from './parameters.ts';
import { invalidValue } from './refusals.ts';
import { anyInstance, type Task, type TencentContext } from './state.ts';

/** DOC 409/16774. Eventually consistent twice: first the order is missing, then its instance. */
export const describeOrders = action({
  perSecond: 1000,
  parameters: fields({ DealNames: texts }),
  emptyAnswer: { TotalCount: 0, Deals: [] },
  perform: (context, call, { DealNames }) => {
    if (DealNames.length === 0)
      throw refusal('InvalidParameterValue.NullDealNames', '`DealNames` must not be empty.');
    const now = Date.now();
    const deals = context
      .stateOf(call.account)
      .orders.filter((order) => DealNames.includes(order.dealName) && order.visibleFrom <= now)
      .map((order) => ({
        ...{ DealName: order.dealName, OwnerUin: uinOf(call.account), Count: 1 },
        ...{ PayMode: order.payMode, FlowId: order.flowId },
        DBInstanceIdSet: order.instanceFrom <= now ? [order.instanceId] : [],
      }));
    return { answer: { TotalCount: deals.length, Deals: deals } };
  },
});

const cloneSteps = ['CreateResource', 'RestoreBaseBackup', 'ReplayLog', 'StartService'];

/** 20 calls per second by its page. The steps are not for program logic. */
export const describeTasks = action({
  perSecond: 20,
  parameters: fields({
    TaskId: whole.optional(),
    DBInstanceId: text.optional(),
    MinStartTime: text.optional(),
    MaxStartTime: text.optional(),
    Limit: whole.optional(),
    Offset: whole.optional(),
    OrderBy: text.optional(),
    OrderByType: text.optional(),
  }),
  emptyAnswer: { TotalCount: 0, TaskSet: [] },
  perform: (context, call, parameters) => {
    const { TaskId, DBInstanceId, Limit, Offset, OrderBy, OrderByType } = parameters;
    const now = call.account.clock.now().getTime();
    const from = timeOf(parameters.MinStartTime, now - 180 * 86_400_000);
    const to = timeOf(parameters.MaxStartTime, now);
    const filedUnder = (task: Task) =>
      task.type === 'CloneInstance' && context.assumptions.cloneTaskUnder === 'source'
        ? task.sourceId
        : task.instanceId;
    const state = context.stateOf(call.account);
    for (const task of state.tasks) anyInstance(context, call, task.instanceId);
    const tasks = state.tasks.filter(
      (task) =>
        task.region === call.region &&
        (TaskId === undefined || task.id === TaskId) &&
        (DBInstanceId === undefined || filedUnder(task) === DBInstanceId) &&
        task.startedAt >= from &&
        task.startedAt <= to,
    );
    const rows = ordered(tasks, {
      by: OrderBy ?? 'StartTime',
      direction: OrderByType ?? 'desc',
      keys: {
        StartTime: ({ startedAt }) => startedAt,
        EndTime: ({ endedAt }) => endedAt ?? Infinity,
      },
    });
    const shown = pageOf(rows, { limit: Limit, offset: Offset, fallback: 20 }).map((task) =>
      taskView(context, task, {
        filedUnder: filedUnder(task),
        instance: state.instances.get(task.instanceId),
      }),
    );
    return { answer: { TotalCount: rows.length, TaskSet: shown } };
  },
});

function taskView(
  context: TencentContext,
  task: Task,
  options: { filedUnder: string; instance: Instance | undefined },
): object {
  const progress = progressOf(context, task, options.instance);
  const steps = task.type === 'CloneInstance' ? cloneSteps : ['ReleaseResource'];
  const step = steps[Math.min(steps.length - 1, Math.floor((progress / 100) * steps.length))];
  return {
    ...{ TaskId: task.id, TaskType: task.type, DBInstanceId: options.filedUnder },
    StartTime: beijingTime(task.startedAt),
    EndTime: task.endedAt === null ? '' : beijingTime(task.endedAt),
    ...{ Status: task.status, Progress: progress },
    TaskDetail: {
      ...{ CurrentStep: step, AllSteps: JSON.stringify(steps) },
      ...{ Input: JSON.stringify({ SourceDBInstanceId: task.sourceId }), Output: '' },
      ...{ SwitchTag: 0, SwitchTime: '', Message: task.message },
    },
  };
}

/** How much of the way is behind the instance; 100 only at the end. */
function progressOf(context: TencentContext, task: Task, instance: Instance | undefined): number {
  if (task.status === 'Success') return 100;
  if (!instance) return 99;
  const { stages, index, enteredAt } = instance.life;
  const seconds = stages.map((stage) => stage.seconds ?? 0);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const here = ((Date.now() - enteredAt) / 1000) * context.pace.timeScale;
  const done = sum(seconds.slice(0, index)) + Math.min(here, seconds[index] ?? 0);
  return Math.min(99, Math.floor((100 * done) / (sum(seconds) || 1)));
}

function timeOf(given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  const at = readBeijingTime(given);
  if (at === undefined) throw invalidValue(`'${given}' is not of the form 2024-08-23 00:00:00.`);
  return at;
}
