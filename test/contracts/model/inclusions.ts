/** Draws entries with their proofs of inclusion, sometimes with a fault. */
import { dataSlice, getBytes, hexlify } from "ethers";
import type { Draw } from "./draw.ts";
import { ZERO_HASH, type Inclusion } from "./log.ts";

/** Indexes of the documents in the log, or the entries of another kind; of `institution` where one is given. */
export function documents({ model }: Draw, institution?: bigint, kind = 1): bigint[] {
  return model.entries.flatMap((entry, index) => {
    const isDocument = entry[1] === kind;
    const isTheirs = institution === undefined || ownerOf(entry) === institution;
    return isDocument && isTheirs ? [BigInt(index)] : [];
  });
}

/** The institution that recorded an entry. */
export function ownerOf(entry: Uint8Array): bigint {
  return BigInt(dataSlice(hexlify(entry), 4, 8));
}

/** One of the entries at `indexes`, or any, with its proof under a root that there is; sometimes with a fault. */
export function inclusionOf(draw: Draw, indexes: readonly bigint[]): Inclusion {
  const { model } = draw;
  const all = model.entries.map((_, index) => BigInt(index));
  const index = draw.of(indexes, all);
  const sizes = [...model.roots.keys()].filter((size) => size > index);
  const size = draw.any([...sizes.slice(-1), ...sizes.slice(0, 1), ...sizes]);
  const entry = hexlify(model.entries[Number(index)] ?? new Uint8Array());
  const sound = { entry, index, size, proof: model.prove(index, size) };
  return draw.of([(same: Inclusion) => same], FAULTS)(sound, draw);
}

type Fault = (sound: Inclusion, draw: Draw) => Inclusion;

/** Ways in which an inclusion says something else. */
const FAULTS: readonly Fault[] = [
  (sound, draw) => ({ ...sound, entry: withByte(sound.entry, draw.any(EVERY_BYTE), (byte) => byte ^ 1) }),
  (sound) => ({ ...sound, entry: withByte(sound.entry, 0, () => 2) }),
  (sound) => ({ ...sound, entry: withByte(sound.entry, 0, () => 0) }),
  (sound) => ({ ...sound, entry: `${sound.entry}00` }),
  (sound) => ({ ...sound, entry: sound.entry.slice(0, -2) }),
  (sound) => ({ ...sound, entry: "0x" }),
  (sound) => ({ ...sound, index: sound.index + 1n }),
  (sound) => ({ ...sound, index: sound.index ^ 1n }),
  (sound) => ({ ...sound, index: sound.size }),
  (sound) => ({ ...sound, index: 0xffffffffffffffffn }),
  (sound) => ({ ...sound, size: 0n }),
  (sound) => ({ ...sound, size: sound.size + 1n }),
  (sound) => ({ ...sound, size: sound.index }),
  (sound, draw) => ({ ...sound, size: draw.model.size + 1n }),
  (sound) => ({ ...sound, size: 0xffffffffffffffffn }),
  (sound) => ({ ...sound, proof: sound.proof.slice(1) }),
  (sound) => ({ ...sound, proof: sound.proof.slice(0, -1) }),
  (sound) => ({ ...sound, proof: [...sound.proof, ZERO_HASH] }),
  (sound) => ({ ...sound, proof: [...sound.proof].reverse() }),
  (sound) => ({ ...sound, proof: [] }),
  (sound) => ({ ...sound, proof: Array.from({ length: 65 }, () => ZERO_HASH) }),
  (sound, draw) => {
    const at = draw.any(sound.proof.map((_, i) => i));
    return {
      ...sound,
      proof: sound.proof.map((hash, i) => (i === at ? withByte(hash, 31, (b) => b ^ 1) : hash)),
    };
  },
];

const EVERY_BYTE = Array.from({ length: 80 }, (_, i) => i);

function withByte(hex: string, at: number, change: (byte: number) => number): string {
  const bytes = getBytes(hex);
  bytes[at] = change(bytes[at] ?? 0);
  return hexlify(bytes);
}
