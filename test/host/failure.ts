interface Seen {
  /** A picture's path. */
  screenshot(name: string): Promise<string>;
  traces(): string | Promise<string>;
}

/** After each test: where it failed, a picture and traces for whoever looks into it. */
export async function showFailure(test: Mocha.Test | undefined, world: Seen): Promise<void> {
  if (test?.state !== "failed") return;
  const name = `failed-${test.title.replace(/\W+/g, "-").slice(0, 60)}`;
  const seen = [world.screenshot(name), Promise.resolve().then(() => world.traces())];
  const lines = await Promise.all(seen.map((each) => each.catch((error: Error) => `Not seen: ${error.message}`)));
  console.error(`      ${lines.join("\n")}`);
}
