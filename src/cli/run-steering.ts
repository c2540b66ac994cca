/** Steering the controller of a running plan: keys on the terminal, and POST /mode beside the metrics. */
import { HeterodyneError } from '../core/errors.ts';
import type { EventLog } from '../runtime/document.ts';
import { type Steered, type SteeredControl, steer, steeredOf, wishOfKey } from '../runtime/steering.ts';
import type { Keys } from './keys.ts';

export const KEYS_HELP = 'keys: m mode, + and - level, l hold the level or let it go';

/** Carries wishes out, and has them in the log of the run. */
export class Steering {
  readonly #control: SteeredControl;
  readonly #log: EventLog;

  constructor(control: SteeredControl, log: EventLog) {
    this.#control = control;
    this.#log = log;
  }

  get stands(): Steered {
    return steeredOf(this.#control);
  }

  /** @throws HeterodyneError as `steer` */
  wish(words: string): Steered {
    const now = steer(this.#control, words);
    this.#log.add({ kind: 'steered', what: inWords(now) });
    return now;
  }

  /** @returns what ends it */
  listen(keys: Keys): () => void {
    return keys((key) => {
      const wish = wishOfKey(this.#control, key);
      if (wish !== undefined) this.wish(wish);
    });
  }
}

export function inWords({ mode, level, levels, held }: Steered): string {
  const of = levels > 1 ? `, level ${level} of ${levels}${held ? ', held' : ''}` : '';
  return `mode ${mode}${of}`;
}

export interface WishRequest {
  method: string;
  /** Present when a page in a browser asks. */
  origin?: string;
  body: string;
}

export interface WishAnswer {
  status: number;
  body: string;
}

/**
 * `GET /mode` tells how things stand, `POST /mode` changes them: a wish in words (`min-energy`, `level 2`), or
 * `{"mode": "min-energy", "level": 2}` with either member, level "auto" to let it go.
 */
export function answerWish(steering: Steering | undefined, { method, origin, body }: WishRequest): WishAnswer {
  const answer = (status: number, value: unknown): WishAnswer => ({ status, body: `${JSON.stringify(value)}\n` });
  if (method !== 'GET' && method !== 'POST') return answer(405, { error: 'GET or POST' });
  // A page that a browser has open may not steer what runs on its machine.
  if (origin !== undefined) return answer(403, { error: 'not from a browser' });
  if (steering === undefined) return answer(409, { error: 'no controller is at work: run with --controller' });
  if (method === 'GET') return answer(200, steering.stands);
  try {
    for (const wish of wishesOf(body)) steering.wish(wish);
    return answer(200, steering.stands);
  } catch (error) {
    if (!(error instanceof HeterodyneError)) throw error;
    const { message, expected, hint } = error;
    return answer(400, { error: message, expected, hint });
  }
}

function wishesOf(body: string): string[] {
  const text = body.trim();
  if (!text.startsWith('{')) return [text];
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return [text];
  }
  const { mode, level, ...others } = given as Record<string, unknown>;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return [unknown];
  return [...(mode === undefined ? [] : [String(mode)]), ...(level === undefined ? [] : [`level ${level}`])];
}
