/** Encodes the events that directory entries commit to. */
import { AbiCoder, getBytes, type Interface } from "ethers";
import type { Emitted } from "./evm.ts";

/**
 * The preimage of a directory entry's payload, which is its SHA-256 (design.md 4.2): topic0 ‖ abi.encode(all parameters of the event in
 * declared order, without `index` and `recordedAt`).
 */
export function eventPreimage(abi: Interface, { name, args }: Pick<Emitted, "name" | "args">): Uint8Array {
  const event = abi.getEvent(name);
  if (event === null) throw new RangeError(`the interface has no event ${name}`);
  const inputs = event.inputs.filter((input) => input.name !== "index" && input.name !== "recordedAt");
  const types = inputs.map((input) => input.type);
  const values = inputs.map((input) => args[input.name]);
  return Buffer.concat([
    getBytes(event.topicHash),
    getBytes(AbiCoder.defaultAbiCoder().encode(types, values)),
  ]);
}
