/** Starts the chain and both operators of the demo, with a recording proxy on every link. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap } from "../../src/chain/embedded/bootstrap.ts";
import { EmbeddedChain } from "../../src/chain/embedded/chain.ts";
import { GuardedChain } from "../../src/chain/embedded/guarded-chain.ts";
import { RpcServer } from "../../src/chain/embedded/rpc-server.ts";
import { Governance } from "../../src/chain/registry/governance.ts";
import { JsonRpc, quantity } from "../../src/chain/rpc/rpc.ts";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { systemClock } from "../../src/core/clock.ts";
import { originOf } from "../../src/log/checkpoint.ts";
import { operatorSeeds } from "../../src/main/secrets.ts";
import { enterOperator } from "../../test/support/service/enter-operator.ts";
import { startOperator, type Operator } from "./operator.ts";
import { RecordingProxy } from "../../test/support/network/recording-proxy.ts";

export interface Stage {
  readonly folder: string;
  /** With the id of its chain, as in the log's origin. */
  readonly registry: string;
  readonly shenzhen: Operator;
  readonly hongkong: Operator;
  readonly links: Readonly<
    Record<
      "issuer" | "shenzhen" | "bank" | "hongkong" | "cosigned" | "cosigning" | "direct" | "auditor",
      RecordingProxy
    >
  >;
}

/** @param cleanup stops and removes everything that is started */
export async function setStage(cleanup: AsyncDisposableStack): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-demo-"));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const chain = await EmbeddedChain.open({ path: join(folder, "journal.ndjson"), clock: systemClock });
  cleanup.defer(() => chain.close());
  const node = await RpcServer.listen(new GuardedChain(chain), { host: "127.0.0.1", port: 0 });
  cleanup.defer(() => node.close());
  const keys = { governance: join(folder, "governance"), hot: join(folder, "hot") };
  const rpc = new JsonRpc(node.url);
  const registry = await bootstrap(rpc, keys);
  const chainId = await rpc.request("eth_chainId", [], quantity);
  const governanceOf = async (key: string): Promise<Governance> => {
    const signer = new LocalSigner(await readKey(join(keys.governance, `${key}.key`)));
    return new Governance(rpc, { registry, chainId, key: signer });
  };
  const accreditor = await governanceOf("deployer");

  const link = async (name: string, target?: string): Promise<RecordingProxy> =>
    cleanup.use(await RecordingProxy.start(name, target));
  const [cosigned, cosigning] = [await link("cosigned"), await link("cosigning")];
  const operator = async (
    name: string,
    of: { institution: number; at: string; through: RecordingProxy; witness: RecordingProxy },
  ): Promise<Operator> => {
    const { institution, at, through, witness } = of;
    const admin = await governanceOf(`institution-${institution}-admin`);
    const seeds = await operatorSeeds({ dataDir: at });
    await enterOperator(accreditor, { name, seeds }, { institution, admin });
    const place = { folder: at, rpc: through.url, registry: originOf({ chainId, registry }) };
    return cleanup.use(await startOperator({ name, ...place, witness: witness.url }));
  };
  const shenzhenToChain = await link("shenzhen", node.url);
  const hongkongToChain = await link("hongkong", node.url);
  const shenzhenFolder = join(folder, "shenzhen");
  mkdirSync(join(shenzhenFolder, "keys"), { recursive: true, mode: 0o700 });
  copyFileSync(join(keys.hot, "institution-1.key"), join(shenzhenFolder, "keys", "institution-1.key"));
  const hongkongFolder = join(folder, "hongkong");
  const shenzhen = await operator("Shenzhen", {
    institution: 1,
    at: shenzhenFolder,
    through: shenzhenToChain,
    witness: cosigned,
  });
  const hongkong = await operator("Hong Kong", {
    institution: 2,
    at: hongkongFolder,
    through: hongkongToChain,
    witness: cosigning,
  });
  cosigned.target = hongkong.credentials.server;
  cosigning.target = shenzhen.credentials.server;
  return {
    folder,
    registry: originOf({ chainId, registry }),
    shenzhen,
    hongkong,
    links: {
      issuer: await link("issuer", shenzhen.credentials.server),
      shenzhen: shenzhenToChain,
      bank: await link("bank", hongkong.credentials.server),
      hongkong: hongkongToChain,
      cosigned,
      cosigning,
      direct: await link("direct", node.url),
      auditor: await link("auditor", node.url),
    },
  };
}
