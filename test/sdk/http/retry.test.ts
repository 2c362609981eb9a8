/** The pauses between the tries of one request: how long, after which faults, and up to which total. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RetryPolicy } from "../../../src/sdk/http/retry.ts";
import { AppError } from "../../../src/core/errors.ts";

const away = (fields: { retryAfter?: number } = {}): AppError =>
  new AppError("SERVER_UNREACHABLE", { detail: "away", ...fields });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  vi.spyOn(Math, "random").mockReturnValue(0.5); // a pause is then as long as without jitter
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Asks for something that fails with `faults` in turn; with the pauses that were announced. */
async function ask(seconds: number, faults: readonly AppError[], answered = true) {
  const pauses: number[] = [];
  const patience = new RetryPolicy({ seconds, waiting: (_, milliseconds) => pauses.push(milliseconds) });
  if (answered) await patience.ask(async () => await Promise.resolve("before"));
  const left = [...faults];
  const asked = patience.ask(async () => {
    const fault = left.shift();
    if (fault !== undefined) throw fault;
    return await Promise.resolve("answer");
  });
  const outcome = asked.catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return { outcome: await outcome, pauses };
}

describe("a request to a service that has answered before", () => {
  it("a retryable request is repeated after pauses that double up to 30 s", async () => {
    const { outcome, pauses } = await ask(
      600,
      Array.from({ length: 9 }, () => away()),
    );
    expect(outcome).toBe("answer");
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it.each([
    [0, 375],
    [1, 625],
  ])("a retryable request is repeated after a pause with jitter: random %d, %d ms", async (random, pause) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    expect((await ask(600, [away()])).pauses).toEqual([pause]);
  });

  it("a retryable request is not repeated before its Retry-After", async () => {
    expect((await ask(600, [away({ retryAfter: 7 }), away(), away({ retryAfter: 1 })])).pauses).toEqual([
      7_000, 1_000, 2_000,
    ]);
  });

  it("a retryable request fails with the last fault before its pauses exceed the limit", async () => {
    const faults = Array.from({ length: 9 }, () => away());
    const { outcome, pauses } = await ask(4, faults);
    expect(pauses).toEqual([500, 1_000, 2_000]);
    expect(outcome).toBe(faults[3]);
  });

  it("a request fails immediately with a fault that is not retryable", async () => {
    const fault = new AppError("ROUTE", { detail: "none" });
    expect(await ask(600, [fault])).toEqual({ outcome: fault, pauses: [] });
  });
});

describe("a request to a service that has not answered yet", () => {
  it("a request to a service that never answered fails immediately", async () => {
    const fault = away();
    expect(await ask(600, [fault], false)).toEqual({ outcome: fault, pauses: [] });
  });

  it("a request is repeated where a service that never answered names a Retry-After", async () => {
    expect(await ask(600, [away({ retryAfter: 1 })], false)).toEqual({ outcome: "answer", pauses: [1_000] });
  });

  it("a request is repeated after a fault that the service itself answered", async () => {
    const { pauses } = await ask(600, [new AppError("OVERLOADED", { detail: "busy" }), away()], false);
    expect(pauses).toEqual([500, 1_000]);
  });
});
