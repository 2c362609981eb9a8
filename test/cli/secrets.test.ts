import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { askSecret } from "../../src/cli/secrets.ts";

const kill = vi.spyOn(process, "kill").mockReturnValue(true);
afterEach(() => void kill.mockClear());

/** A terminal at which `keys` are typed once it listens. */
function typing(...keys: (string | Buffer)[]) {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
  });
  const output = new PassThrough();
  for (const key of keys) input.write(key);
  return { terminal: { input, output }, seen: () => ({ shown: String(output.read() ?? ""), modes }) };
}

describe("a password that is asked for", () => {
  it.each<[string, (string | Buffer)[], string]>([
    ["Enter ends a password", ["secret\r"], "secret"],
    ["a line end ends a password", ["se", "cret", "\n"], "secret"],
    ["backspace removes the last character", ["secrxy\u007f\bet\r"], "secret"],
    ["backspace removes a whole character of several bytes", ["密碼💾\u007f\r"], "密碼"],
    [
      "a character of a password may arrive in pieces",
      [Buffer.from("密").subarray(0, 1), Buffer.from("密").subarray(1), "\r"],
      "密",
    ],
    ["a password may be empty", ["\u007f\r"], ""],
    ["Ctrl-D gives an empty password", ["\u0004"], ""],
    ["a password ends with its line", ["one\rtwo\r"], "one"],
  ])("%s", async (_, keys, secret) => {
    const { terminal, seen } = typing(...keys);
    expect(await askSecret("password: ", terminal)).toBe(secret);
    expect(seen()).toEqual({ shown: "password: \n", modes: [true, false] });
    expect(kill).not.toHaveBeenCalled();
  });

  it("a password is asked for twice on the same terminal", async () => {
    const { terminal, seen } = typing("one\r");
    expect(await askSecret("password: ", terminal)).toBe("one");
    const again = askSecret("again: ", terminal);
    terminal.input.write("two\r");
    expect(await again).toBe("two");
    expect(seen()).toEqual({ shown: "password: \nagain: \n", modes: [true, false, true, false] });
  });

  it("Ctrl-C interrupts the prompt, and the terminal is restored", async () => {
    const { terminal, seen } = typing("sec\u0003ret\r");
    await expect(askSecret("password: ", terminal)).rejects.toThrowCode("USAGE");
    expect(seen()).toEqual({ shown: "password: \n", modes: [true, false] });
    expect(kill.mock.calls).toEqual([[process.pid, "SIGINT"]]);
  });

  it("a password is not asked for without a terminal", async () => {
    const { terminal, seen } = typing("secret\r");
    const none = { ...terminal, input: Object.assign(terminal.input, { isTTY: false }) };
    await expect(askSecret("password: ", none)).rejects.toThrowCode("USAGE");
    expect(seen()).toEqual({ shown: "", modes: [] });
  });
});
