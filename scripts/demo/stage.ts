import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap } from "../../src/chain/embedded/bootstrap.ts";
import { EmbeddedChain } from "../../src/chain/embedded/chain.ts";
import { RpcServer } from "../../src/chain/embedded/rpc-server.ts";
import { JsonRpc } from "../../src/chain/rpc.ts";
import { systemClock } from "../../src/core/clock.ts";
import { startOperator, type Operator } from "./operator.ts";
import { RecordingProxy } from "./proxy.ts";

/** The parts of the story, and a recording proxy on every link between them. */
export interface Stage {
  readonly folder: string;
  readonly registry: string;
  readonly shenzhen: Operator;
  readonly hongkong: Operator;
  readonly links: Readonly<
    Record<"issuer" | "shenzhen" | "bank" | "hongkong" | "direct" | "auditor", RecordingProxy>
  >;
}

/** Sets the stage; everything of it ends with `cleanup`. */
export async function setStage(cleanup: AsyncDisposableStack): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-demo-"));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const chain = await EmbeddedChain.open({ path: join(folder, "journal.ndjson"), clock: systemClock });
  cleanup.defer(() => chain.close());
  const node = await RpcServer.listen(chain, { host: "127.0.0.1", port: 0 });
  cleanup.defer(() => node.close());
  const keys = { governance: join(folder, "governance"), hot: join(folder, "hot") };
  const registry = await bootstrap(new JsonRpc(node.url), keys);

  const link = async (name: string, target: string): Promise<RecordingProxy> =>
    cleanup.use(await RecordingProxy.start(name, target));
  const shenzhenToChain = await link("shenzhen", node.url);
  const hongkongToChain = await link("hongkong", node.url);
  const shenzhenFolder = join(folder, "shenzhen");
  mkdirSync(join(shenzhenFolder, "keys"), { recursive: true, mode: 0o700 });
  copyFileSync(join(keys.hot, "institution-1.key"), join(shenzhenFolder, "keys", "institution-1.key"));
  const operator = async (name: string, at: string, rpc: string): Promise<Operator> =>
    cleanup.use(await startOperator({ name, folder: at, rpc, registry: `eip155:31337:${registry}` }));
  const shenzhen = await operator("Shenzhen", shenzhenFolder, shenzhenToChain.url);
  const hongkong = await operator("Hong Kong", join(folder, "hongkong"), hongkongToChain.url);
  return {
    folder,
    registry,
    shenzhen,
    hongkong,
    links: {
      issuer: await link("issuer", shenzhen.credentials.server),
      shenzhen: shenzhenToChain,
      bank: await link("bank", hongkong.credentials.server),
      hongkong: hongkongToChain,
      direct: await link("direct", node.url),
      auditor: await link("auditor", node.url),
    },
  };
}
