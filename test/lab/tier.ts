import { appendFileSync } from "node:fs";

/** How many tests a tier ran. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Environment variable that names the file to which a tier's process adds its counts, one JSON object a line. */
export const countFileVariable = "GATEHOUSE_COUNT_FILE";

/** Tells `npm test` what this process counted; prints it where nobody listens. */
export function report(count: Count): void {
  const file = process.env[countFileVariable];
  if (file === undefined) console.log(`${count.passed} passed, ${count.failed} failed`);
  else appendFileSync(file, `${JSON.stringify(count)}\n`);
}
