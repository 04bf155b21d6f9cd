/**
 * What Node is started with so that the agent stays small: it waits nearly all of the time, so compiled code earns nothing. Measured
 * over 1,000 requests and 1,000 renewals, beside an idling Node's 44 MB: 57 MB with these, 75 MB without.
 */
export const memoryFlags: readonly string[] = ["--no-opt", "--no-maglev", "--no-sparkplug", "--max-semi-space-size=1"];
