/** Wires the write path of a service: intake, acceptance gates, approvals and the loop that sends to the chain. */
import { Approvals } from "../anchor/approvals.ts";
import { ageGate } from "../anchor/gate.ts";
import { Intake } from "../anchor/intake.ts";
import type { Gate } from "../anchor/ports.ts";
import { Sender } from "../anchor/sender.ts";
import type { Services } from "../api/services.ts";
import { DiskGuard } from "../files/disk.ts";
import { refuseDoubtful } from "../store/index/doubt.ts";
import { SqlRegistryView } from "../store/index/registry-view.ts";
import { SqlApprovals } from "../store/outbox/approvals.ts";
import { SqlOutbox } from "../store/outbox/outbox.ts";
import type { Connections, ServiceContext } from "./connections.ts";
import type { LoopRow, Loops } from "./loops.ts";

type Anchoring = Pick<Services, "outbox" | "intake" | "approvals"> & {
  readonly gates: readonly Gate[];
  readonly disk: DiskGuard;
  /** Institutions that this service has a key in force of. */
  readonly institutions: () => Promise<number[]>;
  /** Sends what was accepted. */
  readonly loop: LoopRow;
};

export function openAnchoring(
  { config, clock, log, failpoint }: ServiceContext,
  { shared: { db, leadership }, submitter }: Connections,
  loops: Loops,
): Anchoring {
  const outbox = new SqlOutbox(db, leadership);
  const registry = new SqlRegistryView(db);
  const sender = new Sender({
    outbox,
    chain: submitter,
    registry,
    grouping: config.grouping,
    resendAfter: config.resendAfter,
    heartbeat: config.chain.kind === "embedded" ? 0 : config.heartbeat,
    failpoint,
    clock,
    log: log.child({ part: "anchor" }),
    onSent: () => loops.poke("index"),
  });
  const disk = new DiskGuard({ folder: config.dataDir, minFree: config.minDiskFree, clock });
  const gates: Gate[] = [
    () => disk.pass(),
    () => refuseDoubtful(db),
    ageGate({ outbox, clock, limit: config.maxPendingAge }),
  ];
  const onTaken = (): void => loops.poke("anchor");
  const { signers } = submitter;
  const { twoPersons } = config;
  const intake = new Intake({ outbox, registry, signers, clock, gates, failpoint, onTaken, twoPersons });
  return {
    outbox,
    intake,
    approvals: new Approvals({ store: new SqlApprovals(db), outbox, intake, clock, onTaken }),
    gates,
    disk,
    institutions: async () => {
      const keys = await registry.keysInForce(signers, clock.now());
      return keys.map(({ institution }) => institution);
    },
    loop: {
      name: "anchor",
      interval: config.pollInterval,
      work: () =>
        leadership.lead(async () => {
          await refuseDoubtful(db);
          return await sender.step();
        }),
    },
  };
}
