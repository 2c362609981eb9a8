/** Lists the boundaries of the functions for keys of institutions and operators. */
import { call, type Call } from "../../support/contract/calls.ts";
import { BANK, hashOf, keyIdOf, MADE_AT, MAX_TIME, NOW } from "../../support/contract/directory.ts";
import { addressOf, OPERATOR_KEYS, publicKey, WHO } from "../../support/contract/directory.ts";
import { boundary, bounds, type Boundary } from "./boundary.ts";

/** The calls about one kind of key, so that institutions' and operators' keys go through one table. */
interface Keys {
  readonly of: string;
  /** Holder of the keys in use. */
  readonly holder: number;
  add(from: number | bigint, until: number | bigint): Call[];
  /** Adds a key that is there already: in use, retired, of another holder. */
  readonly taken: readonly Call[];
  retire(until: number | bigint, key?: "retired"): Call[];
  report(since: number, key?: "compromised"): Call[];
  /** Retires or reports the key that `add` adds. */
  readonly retireAdded: (until: number) => Call;
  readonly reportAdded: (since: number) => Call;
}

const INSTITUTION: Keys = {
  of: "an institution's key",
  holder: BANK.issuer,
  add: (from, until) => [call(WHO.admin1, "addKey", [BANK.issuer, WHO.newcomer, from, until])],
  taken: [
    call(WHO.admin1, "addKey", [BANK.issuer, WHO.issuer, 0, 0]),
    call(WHO.admin3, "addKey", [BANK.both, WHO.issuer, 0, 0]),
    call(WHO.admin3, "addKey", [BANK.both, WHO.retired, 0, 0]),
  ],
  retire: (until, key) => [call(WHO.admin1, "retireKey", [WHO[key ?? "issuer"], until])],
  report: (since, key) => [call(WHO.admin1, "reportKey", [WHO[key ?? "issuer"], since])],
  retireAdded: (until) => call(WHO.admin1, "retireKey", [WHO.newcomer, until]),
  reportAdded: (since) => call(WHO.admin1, "reportKey", [WHO.newcomer, since]),
};

const NEW = publicKey("new");
const add = (from: string, operator: number, purpose: number, key: string): Call =>
  call(from, "addOperatorKey", [operator, purpose, 1, key, 0, 0]);
const OPERATOR: Keys = {
  of: "an operator's key",
  holder: 1,
  add: (from, until) => [call(WHO.admin1, "addOperatorKey", [1, 1, 1, NEW, from, until])],
  taken: [
    add(WHO.admin1, 1, 1, OPERATOR_KEYS.log),
    add(WHO.admin1, 1, 2, OPERATOR_KEYS.log),
    add(WHO.accreditor, 2, 1, OPERATOR_KEYS.log),
    add(WHO.accreditor, 2, 1, OPERATOR_KEYS.retired),
  ],
  retire: (until, key) => [
    call(WHO.admin1, "retireOperatorKey", [keyIdOf(OPERATOR_KEYS[key ?? "log"]), until]),
  ],
  report: (since, key) => [
    call(WHO.admin1, "reportOperatorKey", [keyIdOf(OPERATOR_KEYS[key ?? "log"]), since]),
  ],
  retireAdded: (until) => call(WHO.admin1, "retireOperatorKey", [keyIdOf(NEW), until]),
  reportAdded: (since) => call(WHO.admin1, "reportOperatorKey", [keyIdOf(NEW), since]),
};

const windows = (keys: Keys): Boundary[] => [
  boundary(
    "RegistryKeyTaken",
    `is for ${keys.of} of before`,
    [...keys.taken.map((each) => [[keys.holder], [each]] as const)],
    [keys.add(0, 0)],
  ),
  ...(["from", "until"] as const).map((end) =>
    bounds<number | bigint>(
      "RegistryTimeTooLate",
      `is the end of the year 9999 for "${end}" of ${keys.of}`,
      (time) => (end === "from" ? keys.add(time, 0) : keys.add(0, time)),
      {
        refused: [MAX_TIME + 1, 0xffff_ffff_ffff_ffffn],
        accepted: [MAX_TIME],
        values: (time) => [time, MAX_TIME],
      },
    ),
  ),
  bounds(
    "RegistryKeyWindow",
    `is neither empty nor over for ${keys.of}`,
    ([from, until]: readonly [number, number]) => keys.add(from, until),
    {
      refused: [
        [0, 1],
        [0, NOW - 1],
        [0, NOW],
        [NOW + 5, NOW + 4],
        [NOW + 5, NOW + 5],
        [MAX_TIME, MAX_TIME],
      ],
      accepted: [
        [0, NOW + 1],
        [NOW, NOW + 1],
        [NOW + 5, NOW + 6],
        [NOW + 5, 0],
      ],
      values: ([from, until]) => [from, until, NOW],
    },
  ),
];

const ends = (keys: Keys): Boundary[] => [
  bounds<number | bigint>(
    "RegistryKeyRetirement",
    `is not before the present for ${keys.of}`,
    (end) => keys.retire(end),
    {
      refused: [1, NOW - 1, MAX_TIME + 1, 0xffff_ffff_ffff_ffffn],
      accepted: [0, NOW, NOW + 1, MAX_TIME],
      values: () => [0, NOW],
    },
  ),
  bounds(
    "RegistryKeyRetirement",
    `is earlier than the window's end for ${keys.of}`,
    (end) => [...keys.add(0, NOW + 9), keys.retireAdded(end)],
    { refused: [NOW + 9, NOW + 10], accepted: [NOW + 8], values: () => [NOW + 9, NOW] },
  ),
  boundary(
    "RegistryKeyRetirement",
    `comes earlier only, the second time, for ${keys.of}`,
    [
      [
        [NOW + 5, NOW],
        [...keys.retire(NOW + 5), ...keys.retire(NOW + 5)],
      ],
      [
        [NOW, NOW],
        [...keys.retire(0), ...keys.retire(0)],
      ],
      [[MADE_AT + 86_400, NOW], keys.retire(0, "retired")],
    ],
    [[...keys.retire(NOW + 5), ...keys.retire(NOW + 4)]],
  ),
];

const reports = (keys: Keys): Boundary[] => [
  bounds(
    "RegistryCompromiseTime",
    `is from the addition of ${keys.of} to the present`,
    (since) => keys.report(since),
    {
      refused: [0, MADE_AT - 1, NOW + 1],
      accepted: [MADE_AT, NOW],
      values: (since) => [since, MADE_AT, NOW],
    },
  ),
  bounds(
    "RegistryCompromiseTime",
    `is before that of an earlier report on ${keys.of}`,
    (since) => [...keys.report(NOW - 5), ...keys.report(since)],
    {
      refused: [NOW - 5, NOW - 4, NOW],
      accepted: [NOW - 6, MADE_AT],
      values: (since) => [since, MADE_AT, NOW - 6],
    },
  ),
  boundary(
    "RegistryCompromiseTime",
    `leaves nothing to report on ${keys.of} that is known since it was added`,
    [[[MADE_AT, MADE_AT, MADE_AT - 1], keys.report(MADE_AT, "compromised")]],
    [[...keys.add(0, 0), keys.reportAdded(NOW)]],
  ),
];

const another = (institution: number, key: string): Call =>
  call(addressOf(`admin${institution}`), "addKey", [institution, addressOf(key), 0, 0]);
const retire = (institution: number, key: string, until = 0): Call =>
  call(addressOf(`admin${institution}`), "retireKey", [key, until]);
const SECOND = another(BANK.verifier, "second");

const LAST: readonly Boundary[] = [
  boundary(
    "RegistryLastKey",
    "is for the last of an institution that is not withdrawn",
    [
      [[BANK.verifier], [retire(BANK.verifier, WHO.verifier)]],
      [[BANK.suspended], [retire(BANK.suspended, WHO.ofSuspended)]],
      [
        [BANK.verifier],
        [SECOND, retire(BANK.verifier, WHO.verifier), retire(BANK.verifier, addressOf("second"))],
      ],
    ],
    [[SECOND, retire(BANK.verifier, WHO.verifier)], [retire(BANK.withdrawn, WHO.ofWithdrawn)]],
  ),
  boundary(
    "RegistryLastKey",
    "counts a key once, however often its end is brought forward",
    [
      [
        [BANK.verifier],
        [
          SECOND,
          ...[9, 8, 7].map((after) => retire(BANK.verifier, WHO.verifier, NOW + after)),
          retire(BANK.verifier, addressOf("second")),
        ],
      ],
    ],
    [
      [SECOND, ...[9, 8, 7].map((after) => retire(BANK.verifier, WHO.verifier, NOW + after))],
      [
        SECOND,
        another(BANK.verifier, "third"),
        ...[9, 8].map((after) => retire(BANK.verifier, WHO.verifier, NOW + after)),
        retire(BANK.verifier, addressOf("second")),
      ],
      [9, 8, 7].map((after) => retire(BANK.withdrawn, WHO.ofWithdrawn, NOW + after)),
    ],
  ),
];

export const KEYS: readonly Boundary[] = [
  ...[INSTITUTION, OPERATOR].flatMap((keys) => [...windows(keys), ...ends(keys), ...reports(keys)]),
  ...LAST,
  ...["retireOperatorKey", "reportOperatorKey"].map((name) =>
    bounds(
      "RegistryUnknownOperatorKey",
      `is for keys of none, in ${name}`,
      (id: string) => [call(WHO.admin1, name, [id, NOW])],
      { refused: [hashOf("no key")], accepted: [keyIdOf(OPERATOR_KEYS.log)], values: (id) => [id] },
    ),
  ),
];
