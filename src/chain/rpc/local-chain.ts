/** Decides whether a chain is a local one, and refuses development keys on any other. */
import { AppError } from "../../core/errors.ts";
import { isLoopback } from "../../core/loopback.ts";
import type { Address } from "../../core/units.ts";

/** Chain ids that Hardhat, Anvil and Ganache give to a chain on one's own machine. */
const LOCAL_IDS = [31_337, 1_337];

/** Chain ids of embedded chains: 31337 and ten digits of its own, in which no public chain is (chainlist.org). */
export const EMBEDDED_IDS = { from: 313_370_000_000_000, to: 313_379_999_999_999 } as const;

/** A chain and the URLs of its nodes; no URL = it runs in this process. */
export interface ChainPlace {
  readonly chainId: number;
  readonly urls: readonly string[];
}

/** Whether nothing of value is on the chain: it runs on this machine, under a chain id for development. */
export function isLocalChain({ chainId, urls }: ChainPlace): boolean {
  if (urls.length === 0) return true;
  const embedded = chainId >= EMBEDDED_IDS.from && chainId <= EMBEDDED_IDS.to;
  return (embedded || LOCAL_IDS.includes(chainId)) && urls.every((url) => isLoopback(new URL(url).hostname));
}

/**
 * Addresses of the first twenty keys of the mnemonic "test … junk" at m/44'/60'/0'/0/i. Hardhat and Anvil give them ether,
 * the keys are public, and what is sent to them on other chains is stolen within seconds.
 */
const DEVELOPMENT: ReadonlySet<string> = new Set([
  "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
  "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
  "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
  "0x90f79bf6eb2c4f870365e785982e1f101e93b906",
  "0x15d34aaf54267db7d7c367839aaf71a00a2c6a65",
  "0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc",
  "0x976ea74026e726554db657fa54763abd0c3a0aa9",
  "0x14dc79964da2c08b23698b3d3cc7ca32193d9955",
  "0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f",
  "0xa0ee7a142d267c1f36714e4a8f75612f20a79720",
  "0xbcd4042de499d14e55001ccbb24a551f3b954096",
  "0x71be63f3384f5fb98995898a86b02fb2426c5788",
  "0xfabb0ac9d68b0b445fb7357272ff202c5651694a",
  "0x1cbd3b2770909d4e10f157cabc84c7264073c9ec",
  "0xdf3e18d64bc6a983f673ab319ccae4f1a57c7097",
  "0xcd3b766ccdd6ae721141f452c550ca635964ce71",
  "0x2546bcd3c84621e976d8185a91a922ae77ecec30",
  "0xbda5747bfd65f08deb54cb465eb87d40e51b197e",
  "0xdd2fd4581271e230360230f9337d5c0430bf44c0",
  "0x8626f6940e2eb28930efb4cef49b2d1f2c9c1199",
]);

/** @throws AppError DEV_KEY_ON_REAL_CHAIN: a publicly known key would sign on a chain that is not local */
export function refuseDevelopmentKeys(
  signers: readonly { readonly address: Address }[],
  place: ChainPlace,
): void {
  if (isLocalChain(place)) return;
  const known = signers.filter(({ address }) => DEVELOPMENT.has(address));
  if (known.length === 0) return;
  const whose = known.map(({ address }) => address).join(", ");
  const detail = `everybody has the key of ${whose}: it comes with development tools; chain ${place.chainId} is not a local one, so make a key of your own, have the institution add it, and take this one away`;
  throw new AppError("DEV_KEY_ON_REAL_CHAIN", { detail });
}
