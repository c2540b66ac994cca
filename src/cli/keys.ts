/** Single keys of a terminal, as they are pressed. */

/** What of a terminal's input is needed. */
export interface KeyInput {
  isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (piece: Uint8Array | string) => void): unknown;
  off(event: 'data', listener: (piece: Uint8Array | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** @returns what ends the listening and gives the terminal back */
export type Keys = (listener: (key: string) => void) => () => void;

const CTRL_C = '\u0003';

/**
 * Keys without waiting for Enter. A terminal that does so leaves Ctrl-C to the program, too.
 *
 * @param interrupt called for Ctrl-C
 * @returns undefined where the input is no terminal
 */
export function keysOf(input: KeyInput, interrupt: () => void): Keys | undefined {
  if (input.isTTY !== true || input.setRawMode === undefined) return undefined;
  return (listener) => {
    const pressed = (piece: Uint8Array | string): void => {
      for (const key of typeof piece === 'string' ? piece : new TextDecoder().decode(piece)) {
        if (key === CTRL_C) interrupt();
        else listener(key);
      }
    };
    input.setRawMode!(true);
    input.on('data', pressed);
    input.resume();
    return () => {
      input.off('data', pressed);
      input.setRawMode!(false);
      input.pause();
    };
  };
}
