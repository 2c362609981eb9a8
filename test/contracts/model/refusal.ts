/** Represents a custom error with which the registry refuses a call. */

export class Refusal extends Error {
  readonly error: string;
  readonly args: readonly unknown[];

  constructor(error: string, ...args: readonly unknown[]) {
    super(error);
    this.error = error;
    this.args = args;
  }
}

/** Refuses the call where `wrong` holds. */
export function refuseIf(wrong: boolean, error: string, ...args: readonly unknown[]): void {
  if (wrong) throw new Refusal(error, ...args);
}
