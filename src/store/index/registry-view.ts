/** Reads the state of the registry from the index for the sender. */
import type {
  FollowedBlocks,
  Inclusion,
  RecordedEntry,
  RegistryView,
  SigningKey,
} from "../../anchor/ports.ts";
import type { Institution, RegistryState, Scene } from "../../core/directory.ts";
import { ACTIONS, decodeEntry, slugOf } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { Address, EntryIndex, InstitutionId, UnixSeconds } from "../../core/units.ts";
import { assembleProof, inclusionRanges, nodesOf } from "../../log/proof.ts";
import { readInstitutions, readRegistryState, readScenes } from "./directory.ts";
import { lastAction } from "./entries.ts";
import { readCursor, readFinalBlock, readFinalSize } from "./index-store.ts";
import { readNodes } from "./nodes.ts";
import { Store } from "../sql/store.ts";

export class SqlRegistryView extends Store implements RegistryView {
  async scenes(): Promise<Scene[]> {
    return await readScenes(this.db);
  }

  async institution(id: InstitutionId): Promise<Institution | undefined> {
    return (await readInstitutions(this.db)).find((institution) => institution.id === id);
  }

  async registry(): Promise<RegistryState> {
    return await readRegistryState(this.db);
  }

  async followed(): Promise<FollowedBlocks> {
    const { block, final } = await readCursor(this.db);
    const head = block?.number ?? -1;
    return { head, final: Math.min(head, final?.number ?? -1), time: block?.time ?? 0 };
  }

  async keysInForce(addresses: readonly Address[], time: UnixSeconds): Promise<SigningKey[]> {
    if (addresses.length === 0) return [];
    const rows = await this.db
      .selectFrom("registry_key")
      .select(["address", "institution"])
      .where("address", "in", addresses)
      .where("valid_from", "<=", time)
      .where((eb) => eb.or([eb("valid_until", "=", 0), eb("valid_until", ">", time)]))
      .orderBy("institution")
      .execute();
    return rows.map(({ address, institution }) => ({ address: address as Address, institution }));
  }

  async entryAt(index: EntryIndex): Promise<RecordedEntry | undefined> {
    return await this.readSnapshot(async (tx) => {
      const row = await tx
        .selectFrom("entry")
        .select(["bytes", "block"])
        .select(lastAction.as("last_action"))
        .where("idx", "=", index)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        entry: decodeEntry(row.bytes),
        final: row.block <= (await readFinalBlock(tx)),
        lastAction: row.last_action === null ? undefined : slugOf(ACTIONS, row.last_action, "action"),
      };
    });
  }

  async prove(index: EntryIndex): Promise<Inclusion> {
    return await this.readSnapshot(async (tx) => {
      const size = await readFinalSize(tx);
      const row = await tx.selectFrom("entry").select("bytes").where("idx", "=", index).executeTakeFirst();
      if (row === undefined || index >= size) {
        throw new AppError("ENTRY_NOT_FINAL", {
          detail: `entry ${index} is not among the ${size} final ones`,
        });
      }
      const ranges = inclusionRanges({ index, size });
      const proof = assembleProof(ranges, await readNodes(tx, nodesOf(ranges)));
      return { entry: row.bytes, index, size, proof };
    });
  }
}
