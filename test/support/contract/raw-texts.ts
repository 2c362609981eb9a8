/** Records texts in the registry as raw bytes, which need not be UTF-8. */
import { Interface, type EventFragment, type FunctionFragment, type Wallet } from "ethers";
import { SAMPLE_INSTITUTIONS } from "../../../src/chain/embedded/samples.ts";
import { LocalSigner } from "../../../src/chain/keys/signer.ts";
import { registry } from "../../../src/chain/registry/registry.ts";
import { estimateGas, transact } from "../../../src/chain/registry/transactions.ts";
import { quantity, type JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import type { Address } from "../../../src/core/units.ts";

/** Bytes that a caller may send where a text is expected. */
export const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  "a byte of no character": Uint8Array.of(0xff),
  "an overlong slash": Uint8Array.of(0xc0, 0xaf),
  "half a surrogate pair": Uint8Array.of(0xed, 0xa0, 0x80),
  "a character that is cut off": Uint8Array.of(0x41, 0xe6, 0xb7),
  NUL: Uint8Array.of(0x41, 0, 0x42),
  "a line end": Buffer.from("A\nB"),
  "an escape sequence": Buffer.from("\u001b[2J"),
  "a C1 sequence": Buffer.from("\u009b2J"),
  "an override": Buffer.from("a\u202eb"),
  "isolates and marks": Buffer.from("\u2066a\u2069\u200f\u061c"),
  "zero-width characters": Buffer.from("a\u200b\u{e0041}"),
  "a byte order mark": Buffer.from("\ufeffa"),
  "a formula": Buffer.from("=1+1"),
  markup: Buffer.from("<b>&lt;"),
};

/** The parameters of events that are texts, as `Event.parameter`. */
export const TEXT_PARAMETERS: readonly string[] = registry.fragments
  .filter((fragment): fragment is EventFragment => fragment.type === "event")
  .flatMap(({ name, inputs }) =>
    inputs.filter(({ type }) => type === "string").map((i) => `${name}.${i.name}`),
  );

/** The registry's functions, with bytes for texts. */
const raw = new Interface(
  registry.fragments
    .filter((fragment): fragment is FunctionFragment => fragment.type === "function")
    .map((fragment) => JSON.parse(fragment.format("json").replaceAll('"string"', '"bytes"')) as object)
    .map((fragment) => JSON.stringify([fragment]))
    .flatMap((json) => Interface.from(json).fragments),
);

/** Sends one transaction. @throws Refusal the contract refuses it */
export async function sendRaw(
  { rpc, registry: to }: { rpc: JsonRpc; registry: Address },
  wallet: Wallet,
  [name, args]: readonly [string, readonly unknown[]],
): Promise<void> {
  const selector = registry.getFunction(name)?.selector ?? "0x";
  const data = selector + raw.encodeFunctionData(name, args).slice(10);
  const gas = await estimateGas(rpc, { from: wallet.address, to, data });
  const chainId = await rpc.request("eth_chainId", [], quantity);
  await transact(rpc, new LocalSigner(wallet), { to, data, chainId, gas });
}

const NAME = Buffer.from("Sample");
const EVERY_SCENE = (1n << 256n) - 2n;
/** A call that records `text` as one parameter, with ordinary values for the others. */
type Recorded = (text: Uint8Array, n: number) => readonly [string, readonly unknown[]];

const institution =
  (at: number, name: string, first: unknown, [jurisdiction, number]: readonly string[] = ["CN"]): Recorded =>
  (text, n) => {
    const own = Buffer.from(number ?? `RAW-${at}-${n}`);
    const texts: Uint8Array[] = [Buffer.from(jurisdiction ?? ""), own, NAME, NAME, NAME];
    texts[at] = text;
    return [name, [first, [1, EVERY_SCENE, texts[0], texts[1], texts.slice(2)]]];
  };
/** What stays of institution 1. */
const FIRST = [SAMPLE_INSTITUTIONS[0]?.jurisdiction ?? "", SAMPLE_INSTITUTIONS[0]?.officialNumber ?? ""];
const ADMIN = `0x${"a1".repeat(20)}`;
const scene =
  (at: number): Recorded =>
  (text, n) => {
    const texts: Uint8Array[] = [Buffer.from(`raw-${at}-${n}`), NAME, NAME, NAME];
    texts[at] = text;
    const [slug, ...names] = texts;
    return ["defineScene", [slug, names, false, false]];
  };

/** For every parameter that is a text, the calls that record it. */
export const RECORDED: Readonly<Record<string, readonly Recorded[]>> = {
  ...Object.fromEntries(
    ["jurisdiction", "officialNumber", "nameZhHans", "nameZhHant", "nameEn"].map((name, at) => [
      `InstitutionRegistered.${name}`,
      [institution(at, "registerInstitution", ADMIN), institution(at, "amendInstitution", 1, FIRST)],
    ]),
  ),
  "OperatorRegistered.name": [(text: Uint8Array): ReturnType<Recorded> => ["registerOperator", [0, text]]],
  ...Object.fromEntries(
    ["slug", "nameZhHans", "nameZhHant", "nameEn"].map((name, at) => [`SceneDefined.${name}`, [scene(at)]]),
  ),
};
