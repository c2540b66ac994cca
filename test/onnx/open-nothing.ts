/** Opens a session on nothing and prints what went wrong: run by `session.test.ts` without any permission. */
import { openSession } from '../../bindings/onnx/index.ts';

await openSession(new Uint8Array(3)).catch(({ code, hint }) => console.log(code, hint));
