import { durations } from './assumptions.ts';
import { type Instance, isGone, type Life, type Stage, statusOf } from './instance.ts';
import { type TencentContext, type TencentState, usesDatabase } from './state.ts';

/** Days in the recycle bin before an isolated instance is destroyed (GUIDE 实例生命周期). */
const recycleBinDays = { postpaid: 3, prepaid: 7 } as const;

export const life = (stages: Stage[]): Life => ({
  stages,
  index: 0,
  enteredAt: Date.now(),
  held: false,
});

export const runningForGood: Stage = { status: 'running', seconds: null };

type Draw = (range: readonly [number, number], label: string) => number;

/** applying → initing → cloning → running. */
export function cloneStages(draw: Draw): Stage[] {
  return [
    { status: 'applying', seconds: draw(durations.applying, 'applying') },
    { status: 'initing', seconds: draw(durations.initing, 'initing') },
    { status: 'cloning', seconds: draw(durations.cloning, 'cloning'), awaitsDatabase: true },
    { ...runningForGood, marks: 'built' },
  ];
}

/** isolating → isolated: asked for, or what becomes of a clone that can't be built. */
export function isolationStages(draw: Draw, failure?: Pick<Stage, 'marks' | 'reason'>): Stage[] {
  const seconds = draw(durations.isolating, 'isolating');
  return [
    { status: 'isolating', seconds, ...failure },
    { status: 'isolated', seconds: null, marks: 'isolated' },
  ];
}

export function returnStages(draw: Draw): Stage[] {
  return [
    { status: 'disisolating', seconds: draw(durations.disisolating, 'disisolating') },
    { ...runningForGood, marks: 'returned' },
  ];
}

export function offliningStages(draw: Draw): Stage[] {
  return [
    { status: 'offlining', seconds: draw(durations.offlining, 'offlining') },
    { status: 'offline', seconds: null, marks: 'gone' },
  ];
}

/** Puts an instance on a new way; its first status is visible at once. */
export function begin(
  context: TencentContext,
  state: TencentState,
  instance: Instance,
  stages: Stage[],
): void {
  const held = stages.map((stage) =>
    stage.status === instance.stuckLeaving?.status
      ? { ...stage, heldBy: instance.stuckLeaving.faultId }
      : stage,
  );
  instance.life = life(held);
  enter(context, state, instance);
}

/** Brings an instance up to now: every stage whose time is over is left, in order. */
export function settleInstance(
  context: TencentContext,
  state: TencentState,
  instance: Instance,
): void {
  while (!isGone(instance)) {
    const now = Date.now();
    const stage = instance.life.stages[instance.life.index];
    if (!stage) return;
    if (stage.heldBy !== undefined && context.faults.isArmed(stage.heldBy)) {
      instance.life.held = true;
      return;
    }
    if (stage.seconds === null) return expire(context, state, instance);
    const duration = context.pace.realMs(stage.seconds);
    if (now < instance.life.enteredAt + duration) return;
    if (stage.awaitsDatabase && usesDatabase(context, instance)) {
      const database = context.databases.stateOf({
        account: state.account,
        instanceId: instance.id,
      });
      if (database.kind === 'building') {
        instance.life.held = true;
        return;
      }
      if (database.kind === 'failed') {
        failClone(context, state, instance, database.reason);
        continue;
      }
    }
    const { life } = instance;
    life.enteredAt = life.held ? now : life.enteredAt + duration;
    life.held = false;
    life.index += 1;
    enter(context, state, instance);
  }
}

/** What a clone that can't be built comes to. ASSUMPTION, see `failedClone`: the documents know no failed status. */
export function failedStages(context: TencentContext, draw: Draw, reason: string): Stage[] {
  switch (context.assumptions.failedClone) {
    case 'isolated':
      return isolationStages(draw, { marks: 'failed', reason });
    case 'gone':
      return [{ status: 'offline', seconds: null, marks: 'gone', reason }];
    case 'stays cloning':
      return [{ status: 'cloning', seconds: null, marks: 'failed', reason }];
  }
}

function failClone(
  context: TencentContext,
  state: TencentState,
  instance: Instance,
  reason: string,
): void {
  const draw: Draw = (range, label) => context.random.whole(range, `${instance.id} fails ${label}`);
  begin(context, state, instance, failedStages(context, draw, reason));
}

const tasksOf = (state: TencentState, instance: Instance) =>
  state.tasks.filter((task) => task.instanceId === instance.id && task.status === 'Running');

function enter(context: TencentContext, state: TencentState, instance: Instance): void {
  const { account } = state;
  const at = account.clock.businessTimeOf(new Date(instance.life.enteredAt)).getTime();
  instance.updatedAt = at;
  const stage = instance.life.stages[instance.life.index];
  const finish = (status: 'Success' | 'Fail') => {
    const message = status === 'Fail' ? (stage?.reason ?? '') : '';
    for (const task of tasksOf(state, instance))
      Object.assign(task, { status, endedAt: at, message });
  };
  const key = { account, instanceId: instance.id };
  switch (stage?.marks) {
    case 'built':
      instance.builtAt = at;
      instance.backupAnchor ??= at + context.pace.realMs(120);
      return finish('Success');
    case 'failed':
      return finish('Fail');
    case 'isolated':
      instance.isolatedAt = at;
      return context.databases.stop(key);
    case 'returned':
      instance.isolatedAt = null;
      return context.databases.start(key);
    case 'gone':
      instance.goneAt = at;
      for (const task of tasksOf(state, instance)) {
        const status = task.type === 'DestroyInstance' ? 'Success' : 'Fail';
        const message = status === 'Fail' ? (stage.reason ?? '') : '';
        Object.assign(task, { status, endedAt: at, message });
      }
      // A fixture's database is kept: its backups can still be cloned after a disaster.
      if (instance.origin === 'seed') return context.databases.stop(key);
      return void context.databases.destroy(key).catch(() => undefined);
    case undefined:
      return;
  }
}

/** The recycle bin empties itself, in business time. */
function expire(context: TencentContext, state: TencentState, instance: Instance): void {
  if (statusOf(instance) !== 'isolated' || instance.isolatedAt === null) return;
  const ends = instance.isolatedAt + recycleBinDays[instance.payType] * 86_400_000;
  if (state.account.clock.now().getTime() < ends) return;
  begin(context, state, instance, [{ status: 'recycled', seconds: null, marks: 'gone' }]);
}
