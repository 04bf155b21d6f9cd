/**
 * `gatehouse`. What is asked often (`credentials`, `exec`) loads a few small modules; everything else is loaded when it is needed.
 */
import { run } from "./cli/run.ts";

// No process.exit: what was written to a pipe would be cut off.
void run(process).then((code) => {
  process.exitCode = code;
});
