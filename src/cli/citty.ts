/**
 * The command library, loaded without a look at the environment: it decides about colours for all streams when it
 * loads, which in Deno takes a permission that nothing else here needs, and our help is coloured per stream anyway.
 */
const own = Object.getOwnPropertyDescriptor(globalThis, 'process');
Object.defineProperty(globalThis, 'process', { value: { env: { TERM: 'dumb' } }, configurable: true });
const citty = await import('citty').finally(() => {
  if (own === undefined) Reflect.deleteProperty(globalThis, 'process');
  else Object.defineProperty(globalThis, 'process', own);
});

export const { runCommand } = citty;
