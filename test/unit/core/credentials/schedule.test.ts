import assert from "node:assert/strict";
import { clockJump, renewalTime, retryDelay } from "../../../../src/core/credentials/schedule.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("renewal schedule", () => {
  it("renews 20 minutes before the end, up to a minute earlier by chance", () => {
    assert.equal(
      renewalTime(0, hour, () => 0),
      40 * minute,
    );
    assert.equal(
      renewalTime(0, hour, () => 1),
      39 * minute,
    );
  });

  it("renews what lives shorter than 40 minutes at half its time", () => {
    assert.equal(
      renewalTime(0, 10 * minute, () => 0),
      5 * minute,
    );
    assert.equal(
      renewalTime(1000, 1000, () => 1),
      1000,
    );
  });

  const table: readonly [attempt: number, timeLeft: number, least: number, most: number][] = [
    [0, hour, 1000, 2000],
    [1, hour, 2000, 4000],
    [4, hour, 16_000, 32_000],
    [7, hour, 128_000, 256_000],
    [8, hour, 150_000, 300_000],
    [1000, hour, 150_000, 300_000],
    // A tenth of what is left, so that there are tries until the end …
    [8, 10 * minute, 60_000, 60_000],
    // … but no storm.
    [8, 100, 5000, 5000],
    [8, 0, 150_000, 300_000],
  ];
  for (const [attempt, timeLeft, least, most] of table) {
    it(`waits ${least / 1000} to ${most / 1000} s after failure ${attempt + 1} with ${timeLeft / 1000} s left`, () => {
      assert.equal(
        retryDelay(attempt, timeLeft, () => 1),
        least,
      );
      assert.equal(
        retryDelay(attempt, timeLeft, () => 0),
        most,
      );
    });
  }

  it("sees by how much the clock jumped", () => {
    const before = { wall: 1000, monotonic: 10 };
    assert.equal(clockJump(before, { wall: 6000, monotonic: 5010 }), 0);
    assert.equal(clockJump(before, { wall: 1000 + 8 * hour, monotonic: 10 }), 8 * hour);
    assert.equal(clockJump(before, { wall: 1000 - hour, monotonic: 10 }), -hour);
  });
});
