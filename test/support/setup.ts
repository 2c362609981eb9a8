/** Seeds fast-check, and adds the matcher `toThrowCode`. */
import fc from "fast-check";
import { expect, inject } from "vitest";
import { isAppError, type ErrorCode } from "../../src/core/errors.ts";

declare module "vitest" {
  interface ProvidedContext {
    seed: number;
    /** Scale of the run, see scale.ts. */
    scale: "quick" | "short" | "full";
  }
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- a merged declaration repeats its type parameters
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** The function throws, or the promise rejects with, an AppError of this code. */
    toThrowCode(code: ErrorCode): R;
  }
}

fc.configureGlobal({ seed: inject("seed") });

expect.extend({
  toThrowCode(received: unknown, code: ErrorCode) {
    const error = typeof received === "function" ? thrownBy(received as () => unknown) : received;
    return {
      pass: isAppError(error, code),
      message: () =>
        `expected ${code}, got ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    };
  },
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}
