/** Signs transactions with a key that this process or an external signer holds. */
import { Signature, Transaction, recoverAddress, toBeHex, type TransactionLike, type Wallet } from "ethers";
import { fromHex, toHex } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";
import type { Address, Hash } from "../../core/units.ts";
import { toAddress } from "../registry/registry.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** EIP-2 allows no greater s. */
const HALF_ORDER = ORDER / 2n;

/**
 * One key of secp256k1 that signs: in this process, or in a KMS or HSM that never reveals it.
 *
 * An implementation must
 * - stand for one key for as long as it lives: `address` is that of every signature it gives;
 * - answer within a time of its own, and fail with SIGNER_UNAVAILABLE where it cannot, a throttled or refused request
 *   included, so that a lost answer blocks nothing permanently;
 * - never retry by itself: the caller decides when, and how often;
 * - sign the 32 bytes as they are, without hashing them again, and keep them and the key out of logs and errors.
 *
 * It may give either s, and need not know the parity: the result is checked, and normalised to the form of EIP-2.
 */
export interface Signer {
  readonly address: Address;
  /** r and s of ECDSA over `digest`, 32 bytes each. @throws AppError SIGNER_UNAVAILABLE */
  sign(digest: Hash): Promise<{ readonly r: Uint8Array; readonly s: Uint8Array }>;
}

/** A key that is held in this process. */
export class LocalSigner implements Signer {
  readonly #wallet: Wallet;
  readonly address: Address;

  constructor(wallet: Wallet) {
    this.#wallet = wallet;
    this.address = toAddress(wallet.address);
  }

  sign(digest: Hash): Promise<{ r: Uint8Array; s: Uint8Array }> {
    const { r, s } = this.#wallet.signingKey.sign(digest);
    return Promise.resolve({ r: fromHex(r), s: fromHex(s) });
  }
}

/** Hash and bytes of a signed transaction: `0x` and hexadecimal digits. */
export interface Signed {
  readonly hash: string;
  readonly raw: string;
}

/**
 * Signs a type-0 transaction for one chain (EIP-155). Sends nothing.
 * @throws AppError SIGNER_UNAVAILABLE, SIGNER_MISMATCH
 */
export async function signFields(signer: Signer, fields: TransactionLike): Promise<Signed> {
  const transaction = Transaction.from({ ...fields, type: 0 });
  const { unsignedHash } = transaction;
  transaction.signature = checkedSignature(signer, unsignedHash, await signer.sign(fromHex(unsignedHash)));
  const { hash, serialized } = transaction;
  if (hash === null) throw new TypeError("a signed transaction has a hash");
  return { hash, raw: serialized };
}

/** The signature with its parity and a low s, after the check that it is the signer's own. */
function checkedSignature(
  { address }: Signer,
  digest: string,
  given: { readonly r: Uint8Array; readonly s: Uint8Array },
): Signature {
  const own = candidates(given).find((signature) => signedBy(digest, signature) === address);
  if (own !== undefined) return own;
  const detail = `what the signer of ${address} gave is no signature of that key; nothing was sent`;
  throw new AppError("SIGNER_MISMATCH", { detail });
}

/** The two signatures that r and s can stand for. */
function candidates(given: { readonly r: Uint8Array; readonly s: Uint8Array }): Signature[] {
  const s = given.s.length === 32 ? BigInt(`0x${toHex(given.s)}`) : ORDER;
  if (given.r.length !== 32 || s >= ORDER) return [];
  const low = toBeHex(s > HALF_ORDER ? ORDER - s : s, 32);
  return [27, 28].map((v) => Signature.from({ r: `0x${toHex(given.r)}`, s: low, v }));
}

function signedBy(digest: string, signature: Signature): Address | undefined {
  try {
    return toAddress(recoverAddress(digest, signature));
  } catch {
    return undefined; // r is on no point of the curve
  }
}
