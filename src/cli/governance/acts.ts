/** Lists the governance commands that change the registry, each with the act that it makes. */
import type { Act, Directory } from "../../core/act.ts";
import type { Profile } from "../../core/directory.ts";
import { AppError } from "../../core/errors.ts";
import type { GovernanceCommand, Words } from "../../words/index.ts";
import {
  readAddress,
  readCorrection,
  readId,
  readKeyId,
  readNames,
  readNumber,
  readOperatorKey,
  readRetirement,
  readRoles,
  readAccreditation,
  readSince,
  readSlug,
  readText,
  readWindow,
  textOf,
  type OptionValues,
} from "./inputs.ts";

export type ArgumentName = keyof Words["governance"]["arguments"];
export type OptionName = keyof Words["governance"]["options"];

/** A command that changes the registry. */
export interface ActCommand {
  readonly name: GovernanceCommand;
  readonly alias?: string;
  readonly takes: readonly ArgumentName[];
  readonly needs?: readonly OptionName[];
  readonly options?: readonly OptionName[];
  /** @param directory the current directory of the log */
  readonly act: (given: OptionValues, directory: () => Promise<Directory>) => Act | Promise<Act>;
}

const NAMES = ["nameEn", "nameZhHans", "nameZhHant"] as const;
const PROFILE = [...NAMES, "roles"] as const;

export const ACT_COMMANDS: readonly ActCommand[] = [
  {
    name: "institution register",
    takes: [],
    needs: ["admin", "jurisdiction", "officialNumber", ...PROFILE],
    options: ["scenes"],
    act: registration,
  },
  {
    name: "institution amend",
    alias: "rename",
    takes: ["institution"],
    options: [...PROFILE, "scenes"],
    act: amendment,
  },
  ...(["suspended", "active", "withdrawn"] as const).map((state, i): ActCommand => {
    const names = ["institution suspend", "institution reinstate", "institution withdraw"] as const;
    return {
      name: names[i] ?? "institution",
      takes: ["institution"],
      act: (given) => ({ act: "set-state", institution: readId(given, "institution"), state }),
    };
  }),
  {
    name: "institution admin name",
    takes: ["institution", "admin"],
    act: (given) => ({
      act: "name-admin",
      institution: readId(given, "institution"),
      admin: readAddress(given, "admin"),
    }),
  },
  {
    name: "institution admin cancel",
    takes: ["institution"],
    act: (given) => ({ act: "cancel-admin", institution: readId(given, "institution") }),
  },
  {
    name: "institution admin accept",
    takes: ["institution"],
    act: (given) => ({ act: "accept-admin", institution: readId(given, "institution") }),
  },
  {
    name: "key add",
    takes: ["institution", "address"],
    options: ["from", "until"],
    act: (given) => ({
      act: "add-key",
      institution: readId(given, "institution"),
      key: readAddress(given, "address"),
      ...readWindow(given),
    }),
  },
  {
    name: "key accept",
    takes: ["institution"],
    act: (given) => ({ act: "accept-key", institution: readId(given, "institution") }),
  },
  {
    name: "key retire",
    takes: ["address"],
    options: ["retireAt"],
    act: (given) => ({
      act: "retire-key",
      key: readAddress(given, "address"),
      until: readRetirement(given),
    }),
  },
  {
    name: "key compromise",
    takes: ["address"],
    needs: ["since"],
    act: (given) => ({ act: "report-key", key: readAddress(given, "address"), since: readSince(given) }),
  },
  {
    name: "key correct",
    takes: ["address"],
    options: ["correctedSince"],
    act: (given) => ({
      act: "correct-key-report",
      key: readAddress(given, "address"),
      since: readCorrection(given),
    }),
  },
  {
    name: "operator add",
    takes: [],
    needs: ["name"],
    options: ["institution"],
    act: (given) => ({
      act: "register-operator",
      institution: textOf(given, "institution") === undefined ? 0 : readId(given, "institution"),
      name: readText(given, "name"),
    }),
  },
  {
    name: "operator key add",
    takes: ["operator"],
    needs: ["purpose", "publicKey", "possession"],
    options: ["type", "from", "until"],
    act: (given) => ({
      act: "add-operator-key",
      operator: readId(given, "operator"),
      ...readOperatorKey(given),
      ...readWindow(given),
    }),
  },
  {
    name: "operator key retire",
    takes: ["keyId"],
    options: ["retireAt"],
    act: (given) => ({ act: "retire-operator-key", keyId: readKeyId(given), until: readRetirement(given) }),
  },
  {
    name: "operator key compromise",
    takes: ["keyId"],
    needs: ["since"],
    act: (given) => ({ act: "report-operator-key", keyId: readKeyId(given), since: readSince(given) }),
  },
  {
    name: "operator key correct",
    takes: ["keyId"],
    options: ["correctedSince"],
    act: (given) => ({
      act: "correct-operator-key-report",
      keyId: readKeyId(given),
      since: readCorrection(given),
    }),
  },
  {
    name: "scene define",
    takes: ["slug"],
    needs: NAMES,
    options: ["blinded", "personal"],
    act: (given) => ({
      act: "define-scene",
      slug: readSlug(given),
      names: readNames(given),
      blinded: given["blinded"] === true,
      personal: given["personal"] === true,
    }),
  },
  { name: "registry pause", takes: [], act: () => ({ act: "set-paused", paused: true }) },
  { name: "registry resume", takes: [], act: () => ({ act: "set-paused", paused: false }) },
  {
    name: "registry successor",
    takes: ["successor"],
    act: (given) => ({ act: "name-successor", registry: readAddress(given, "successor") }),
  },
];

async function registration(given: OptionValues, directory: () => Promise<Directory>): Promise<Act> {
  const admin = readAddress(given, "admin");
  const named = {
    roles: readRoles(textOf(given, "roles") ?? ""),
    jurisdiction: readNumber(given, "jurisdiction"),
    officialNumber: readNumber(given, "officialNumber"),
    names: readNames(given),
  };
  const scenes =
    textOf(given, "scenes") === undefined ? [] : readAccreditation(given, (await directory()).scenes);
  return { act: "register-institution", admin, profile: { ...named, scenes } };
}

/** Fields that are not given keep their values in the log; jurisdiction and official number never change. */
async function amendment(given: OptionValues, directory: () => Promise<Directory>): Promise<Act> {
  const institution = readId(given, "institution");
  if ([...PROFILE, "scenes"].every((option) => given[option] === undefined)) {
    throw new AppError("USAGE", { detail: "name what is to change, such as --name-en TEXT" });
  }
  const { institutions, scenes } = await directory();
  const present = institutions.find(({ id }) => id === institution);
  if (present === undefined) {
    const known = institutions.map(({ id }) => id).join(", ");
    const detail = `no institution has the id ${institution}; the log has ${known === "" ? "none" : known}`;
    throw new AppError("INSTITUTION_UNKNOWN", { detail });
  }
  const { jurisdiction, officialNumber } = present;
  const roles = textOf(given, "roles");
  const profile: Profile = {
    roles: roles === undefined ? present.roles : readRoles(roles),
    scenes: textOf(given, "scenes") === undefined ? present.scenes : readAccreditation(given, scenes),
    jurisdiction,
    officialNumber,
    names: readNames(given, present.names),
  };
  return { act: "amend-institution", institution, profile };
}
