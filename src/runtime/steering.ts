/** Wishes to a controller at work, as they come from keys and over HTTP: another mode, a level held by hand. */
import { CONTROL_MODES, type ControlMode } from '../core/control-modes.ts';
import { HeterodyneError } from '../core/errors.ts';
import { nearest } from '../documents/nearest.ts';
import type { LiveControl } from './control.ts';

/** How things stand. */
export interface Steered {
  mode: ControlMode;
  /** Of new frames; 1 = the fastest form. */
  level: number;
  levels: number;
  /** The level is held by hand. */
  held: boolean;
}

export type SteeredControl = Pick<LiveControl, 'mode' | 'setMode' | 'level' | 'levels' | 'heldLevel' | 'hold'>;

export function steeredOf({ mode, level, levels, heldLevel }: SteeredControl): Steered {
  return { mode, level, levels, held: heldLevel !== undefined };
}

/**
 * One wish in words: a mode; `level 2`, `level +1`, `level -1` to hold one; `level auto` to let the controller decide.
 *
 * @returns how things stand then
 * @throws HeterodyneError `USAGE` for anything else; nothing has changed then
 */
export function steer(control: SteeredControl, wish: string): Steered {
  const words = wish.trim().toLowerCase().split(/\s+/);
  const [first = '', second = ''] = words;
  if (words.length === 1 && CONTROL_MODES.includes(first as ControlMode)) control.setMode(first as ControlMode);
  else if (words.length === 2 && first === 'level') control.hold(levelOf(control, second));
  else throw misunderstood(wish);
  return steeredOf(control);
}

function levelOf(control: SteeredControl, text: string): number | undefined {
  if (text === 'auto') return undefined;
  if (!/^[+-]?\d{1,3}$/.test(text)) throw misunderstood(`level ${text}`);
  if (!/^[+-]/.test(text)) return Number(text);
  // Steps end at the first and the last level: who goes on pressing a key means no error.
  return Math.min(control.levels, Math.max(1, control.level + Number(text)));
}

function misunderstood(wish: string): HeterodyneError {
  const meant = nearest(wish.trim(), CONTROL_MODES);
  return new HeterodyneError('USAGE', `"${wish.trim().slice(0, 40)}" is no wish to a controller`, {
    path: 'mode',
    expected: `${CONTROL_MODES.join(', ')}; level 2, level +1, level -1, level auto`,
    received: `"${wish.trim().slice(0, 40)}"`,
    hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
  });
}

/** What keys of a terminal stand for; undefined for a key that means nothing. */
export function wishOfKey(control: SteeredControl, key: string): string | undefined {
  switch (key) {
    case 'm':
      return CONTROL_MODES[(CONTROL_MODES.indexOf(control.mode) + 1) % CONTROL_MODES.length];
    case '+':
    case '=':
      return 'level +1';
    case '-':
      return 'level -1';
    case 'l':
      return control.heldLevel === undefined ? `level ${control.level}` : 'level auto';
    default:
      return undefined;
  }
}
