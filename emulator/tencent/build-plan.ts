import type { OptionsOf, ResourceFault } from '../fault-kinds.ts';
import type { Fault } from '../faults.ts';
import { durations } from './assumptions.ts';
import type { Instance, Stage } from './instance.ts';
import { cloneStages, failedStages, runningForGood } from './lifecycle.ts';
import type { TencentContext } from './state.ts';

/** How a new instance will fare: its stages, changed by the faults that stick to it. */
export interface BuildPlan {
  readonly stages: Stage[];
  readonly stuckLeaving: Instance['stuckLeaving'];
  readonly damage: OptionsOf<'corruptBackup'>['how'] | undefined;
}

const leaving = ['isolating', 'isolated', 'offlining'];

/** Plans a clone: the usual way, or what its faults and its size make of it. */
export function buildStages(
  context: TencentContext,
  label: string,
  options: { sticking: readonly Fault<ResourceFault>[]; isTooSmall: boolean },
): BuildPlan {
  const { sticking, isTooSmall } = options;
  const draw = (range: readonly [number, number], what: string) =>
    context.random.whole(range, `${label} ${what}`);
  const find = <Kind extends ResourceFault>(kind: Kind) =>
    sticking.find(({ fault }) => fault === kind) as Fault<Kind> | undefined;

  let stages = cloneStages(draw);
  const beforeRunning = stages.slice(0, -1);
  const failing = (reason: string) => [...beforeRunning, ...failedStages(context, draw, reason)];
  if (isTooSmall) stages = failing('The data of the source does not fit into the new instance.');
  else if (find('buildFails')) stages = failing('The restore was ended by the fault buildFails.');
  if (find('vanish')) {
    const reason = 'The instance was released while it was built.';
    stages = [...beforeRunning, { status: 'offline', seconds: null, marks: 'gone', reason }];
  }
  const flap = find('flap');
  if (flap)
    stages = [
      ...beforeRunning,
      { status: 'running', seconds: durations.flapGlimpse, marks: 'built' },
      { status: flap.options.status ?? 'job running', seconds: durations.flapAway },
      runningForGood,
    ];

  const stuck = find('stuck');
  const status = stuck?.options.status ?? 'cloning';
  const stuckLeaving = stuck && leaving.includes(status) ? { status, faultId: stuck.id } : null;
  return {
    stages: stuck && !stuckLeaving ? heldAt(stages, status, stuck.id) : stages,
    stuckLeaving,
    damage: find('corruptBackup')?.options.how,
  };
}

/** Holds the stage of that status; a status that is not on the way comes in before the end of the build. */
function heldAt(stages: readonly Stage[], status: string, faultId: string): Stage[] {
  const holds = { seconds: 0, heldBy: faultId };
  if (stages.some((stage) => stage.status === status && stage.seconds !== null))
    return stages.map((stage) => (stage.status === status ? { ...stage, heldBy: faultId } : stage));
  const built = stages.findIndex(({ status: word }) => word === 'cloning') + 1;
  return [...stages.slice(0, built), { status, ...holds }, ...stages.slice(built)];
}
