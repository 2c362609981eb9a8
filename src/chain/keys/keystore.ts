/** Opens and makes keystore files (Web3 secret storage, version 3) within limits of cost. */
import { Wallet, decryptKeystoreJson, encryptKeystoreJson } from "ethers";
import { z } from "zod";
import { AppError, quote } from "../../core/errors.ts";
import { toAddress } from "../registry/registry.ts";

/** Limits of unlocking: bytes of memory and units of work of scrypt, rounds of PBKDF2. Geth's values are far below. */
const MAX_SCRYPT_MEMORY = 512 << 20;
const MAX_SCRYPT_WORK = 1 << 23;
const MAX_PBKDF2_ROUNDS = 10_000_000;
const MAX_TEXT = 64 << 10;

const GETH = { N: 1 << 17, r: 8, p: 1 };

const count = z.int().min(1);
const hex = (bytes: number) => z.string().regex(new RegExp(`^(0x)?[0-9a-f]{${bytes * 2}}$`, "i"));
const salt = z.string().regex(/^(0x)?([0-9a-f]{2}){1,128}$/i);
const dklen = z.literal(32);

/** RFC 7914 section 6: n is a power of two from 2 on, below 2^(16 r). */
const scrypt = z.object({
  kdf: z.literal("scrypt"),
  kdfparams: z
    .object({ n: count, r: count, p: count, dklen, salt })
    .refine(({ n, r }) => n > 1 && Number.isInteger(Math.log2(n)) && Math.log2(n) < 16 * r, {
      error: "n is no power of two from 2 to below 2^(16 r)",
    }),
});
const pbkdf2 = z.object({
  kdf: z.literal("pbkdf2"),
  kdfparams: z.object({ c: count, prf: z.enum(["hmac-sha256", "hmac-sha512"]), dklen, salt }),
});

/** Web3 secret storage, version 3. */
const keystore = z.object({
  version: z.literal(3),
  address: hex(20).optional(),
  crypto: z
    .object({
      cipher: z.literal("aes-128-ctr"),
      cipherparams: z.object({ iv: hex(16) }),
      ciphertext: hex(32),
      mac: hex(32),
    })
    .and(z.discriminatedUnion("kdf", [scrypt, pbkdf2])),
});
type Keystore = z.infer<typeof keystore>;

/**
 * The key in a keystore file. The cost of unlocking it is checked before the password is requested, which is once.
 * @param file.name for errors
 * @throws AppError KEYSTORE_FORMAT, KEYSTORE_COST, KEYSTORE_PASSWORD, KEYSTORE_ADDRESS, and what `password` throws
 */
export async function openKeystore(
  file: { name: string; text: string },
  password: () => Promise<string>,
): Promise<Wallet> {
  const { address, ...checked } = parse(file);
  refuseCost(checked, file.name);
  const { privateKey } = await unlock(checked, await password(), file.name);
  const wallet = new Wallet(privateKey);
  const own = toAddress(wallet.address);
  if (address === undefined || own.endsWith(address.toLowerCase().replace(/^0x/, ""))) return wallet;
  const detail = `${quote(file.name)} says that it holds the key of ${address}, and holds that of ${own}; one of the two was changed`;
  throw new AppError("KEYSTORE_ADDRESS", { detail });
}

/**
 * The key under a password, as a keystore of version 3 with scrypt as Geth has it (n 131072, r 8, p 1). It was opened
 * with the password once more when this resolves.
 * @param file.name for errors
 */
export async function sealKey(
  key: Wallet,
  { name, password }: { name: string; password: string },
): Promise<string> {
  const { address, privateKey } = key;
  const text = await encryptKeystoreJson({ address, privateKey }, password, { scrypt: GETH });
  await openKeystore({ name, text }, () => Promise.resolve(password));
  return text;
}

/** Gives only the checked members, each of which has one meaning. */
function parse({ name, text }: { name: string; text: string }): Keystore {
  const found = text.length > MAX_TEXT ? undefined : parseJson(text);
  if (found === undefined) throw malformed(name, `not JSON of at most ${MAX_TEXT} bytes`);
  const parsed = keystore.safeParse(found);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw malformed(name, where);
}

/** JSON with its member names in lower case, as some programs write `Crypto`; undefined where it is not JSON. */
function parseJson(text: string): unknown {
  const lower = (_: string, value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
  try {
    return JSON.parse(text, lower);
  } catch {
    return undefined;
  }
}

function refuseCost({ crypto }: Pick<Keystore, "crypto">, name: string): void {
  if (crypto.kdf === "pbkdf2") {
    const { c } = crypto.kdfparams;
    if (c > MAX_PBKDF2_ROUNDS)
      throw tooCostly(name, `pbkdf2 of ${c} rounds; at most ${MAX_PBKDF2_ROUNDS} are allowed`);
    return;
  }
  const { n, r, p } = crypto.kdfparams;
  const memory = 128 * r * (n + p);
  if (memory > MAX_SCRYPT_MEMORY || n * r * p > MAX_SCRYPT_WORK) {
    const allowed = `at most ${MAX_SCRYPT_MEMORY} bytes of memory and n × r × p of ${MAX_SCRYPT_WORK} are allowed`;
    throw tooCostly(name, `scrypt with n ${n}, r ${r}, p ${p}; ${allowed}`);
  }
}

async function unlock(
  checked: Omit<Keystore, "address">,
  password: string,
  name: string,
): Promise<{ privateKey: string }> {
  try {
    return await decryptKeystoreJson(JSON.stringify(checked), password);
  } catch (error) {
    // without its cause, which could name what was unlocked
    const wrong = error instanceof Error && error.message.includes("incorrect password");
    if (!wrong) throw malformed(name, "what it holds is no private key of secp256k1");
    const detail = `the password does not open ${quote(name)}; it was tried once, and will not be again`;
    throw new AppError("KEYSTORE_PASSWORD", { detail });
  }
}

function malformed(name: string, what: string): AppError {
  const detail = `${quote(name)} is no keystore of version 3 (Web3 secret storage): ${what}`;
  return new AppError("KEYSTORE_FORMAT", { detail });
}

function tooCostly(name: string, what: string): AppError {
  const detail = `${quote(name)} asks for ${what}; nothing was tried`;
  return new AppError("KEYSTORE_COST", { detail });
}
