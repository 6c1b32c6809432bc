import type { Account, Accounts } from '../accounts.ts';
import type { Call } from '../cloud.ts';
import type { Databases } from '../databases.ts';
import type { Faults } from '../faults.ts';
import type { Pace } from '../pace.ts';
import type { Random } from '../random.ts';
import type { TencentAssumptions } from './assumptions.ts';
import { type Instance, isGone } from './instance.ts';
import { settleInstance } from './lifecycle.ts';
import { instanceNotFound } from './refusals.ts';

/** One asynchronous task, as DescribeTasks shows it. */
export interface Task {
  readonly id: number;
  readonly type: 'CloneInstance' | 'DestroyInstance';
  readonly instanceId: string;
  readonly sourceId: string;
  readonly region: string;
  readonly startedAt: number;
  endedAt: number | null;
  status: 'Running' | 'Success' | 'Fail';
  message: string;
}

/** One purchase. It can be asked for a while before it shows up, and shows its instance later still. */
export interface Order {
  readonly dealName: string;
  readonly payMode: 0 | 1;
  readonly flowId: number;
  readonly instanceId: string;
  readonly visibleFrom: number;
  readonly instanceFrom: number;
}

/** All that one account has in this cloud. */
export interface TencentState {
  readonly account: Account;
  readonly instances: Map<string, Instance>;
  tasks: Task[];
  orders: Order[];
  /** Numbers everything that is made, so that nothing repeats after a reset or restart. */
  counter: number;
}

export interface TencentContext {
  readonly accounts: Accounts;
  readonly pace: Pace;
  readonly random: Random;
  readonly faults: Faults;
  readonly databases: Databases;
  readonly assumptions: TencentAssumptions;
  stateOf(account: Account): TencentState;
}

/** Whether a real database stands behind it, in an emulator that was started with engines. */
export const usesDatabase = (context: TencentContext, instance: Instance): boolean =>
  instance.hasDatabase && context.databases.actual !== undefined;

/** A label for randomness that no other thing of this emulator has. */
export function nextLabel(state: TencentState): string {
  state.counter += 1;
  return `tencent account ${state.account.number} thing ${state.counter}`;
}

/** Everything of a region that is up to date and not gone; listing lags are the caller's business. */
export function instancesIn(context: TencentContext, call: Call): Instance[] {
  const state = context.stateOf(call.account);
  return [...state.instances.values()].filter((instance) => {
    if (instance.region !== call.region) return false;
    settleInstance(context, state, instance);
    return !isGone(instance);
  });
}

/** The instance as calls by id see it; refuses if it is gone, elsewhere or not visible yet. */
export function instanceById(context: TencentContext, call: Call, id: string): Instance {
  const instance = anyInstance(context, call, id);
  if (!instance || isGone(instance) || instance.attributeFrom > Date.now())
    throw instanceNotFound(id);
  return instance;
}

/** The instance even if it is gone, brought up to date. */
export function anyInstance(context: TencentContext, call: Call, id: string): Instance | undefined {
  const state = context.stateOf(call.account);
  const instance = state.instances.get(id);
  if (instance?.region !== call.region) return undefined;
  settleInstance(context, state, instance);
  return instance;
}
