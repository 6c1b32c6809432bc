import { userInfo, hostname } from 'node:os';
import { confirm, input } from '@inquirer/prompts';
import { cliFailure } from './exit.ts';

/** True where somebody can answer a question. */
export const isTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

export function say(...lines: string[]): void {
  if (lines.length === 0) return;
  process.stdout.write(`${lines.join('\n')}\n`);
}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value));
}

/** Yes or no at the terminal. Elsewhere refused: a script says --yes. */
export async function agreed(question: string): Promise<boolean> {
  if (!isTerminal()) throw cliFailure(`${question} Nobody can answer here: add --yes.`);
  return asked(confirm({ message: question, default: false }));
}

/** Asks for a word to be typed, so that a tired hand cannot confirm the wrong thing. */
export async function typed(question: string, word: string): Promise<boolean> {
  if (!isTerminal())
    throw cliFailure(`${question} Nobody can answer here: add --instance ${word}.`);
  return (await asked(input({ message: question }))).trim() === word;
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch {
    throw cliFailure('Nothing was changed.'); // Ctrl-C at the question
  }
}

/** Who is at the keyboard, for the records: LIFEBOAT_USER, else user@host. */
export function operator(): string {
  return process.env['LIFEBOAT_USER'] ?? `${userInfo().username}@${hostname()}`;
}
