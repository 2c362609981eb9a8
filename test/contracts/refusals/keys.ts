/** Lists the boundaries of the functions for keys of institutions and operators. */
import { call, type Call } from "../../support/contract/calls.ts";
import { BANK, hashOf, keyIdOf, MADE_AT, MAX_TIME, NOW } from "../../support/contract/directory.ts";
import {
  addKey,
  addressOf,
  OPERATOR_KEY_IDS,
  OPERATOR_KEYS,
  POSSESSION,
  publicKey,
  WHO,
} from "../../support/contract/directory.ts";
import { boundary, bounds, type Boundary } from "./boundary.ts";

/** The calls about one kind of key, so that institutions' and operators' keys go through one table. */
interface Keys {
  readonly of: string;
  /** Holder of the keys in use. */
  readonly holder: number;
  /** Enters a window. */
  add(from: number | bigint, until: number | bigint): Call[];
  /** Lets the key use it, where that takes another call. */
  readonly accept: readonly Call[];
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
  accept: [call(WHO.newcomer, "acceptKey", [BANK.issuer])],
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
  call(from, "addOperatorKey", [operator, purpose, 1, key, 0, 0, POSSESSION]);
const OPERATOR: Keys = {
  of: "an operator's key",
  holder: 1,
  add: (from, until) => [call(WHO.admin1, "addOperatorKey", [1, 1, 1, NEW, from, until, POSSESSION])],
  accept: [],
  taken: [
    add(WHO.admin1, 1, 1, OPERATOR_KEYS.log),
    add(WHO.admin1, 1, 2, OPERATOR_KEYS.witness),
    add(WHO.admin1, 1, 3, OPERATOR_KEYS.retired),
  ],
  retire: (until, key) => [call(WHO.admin1, "retireOperatorKey", [OPERATOR_KEY_IDS[key ?? "log"], until])],
  report: (since, key) => [call(WHO.admin1, "reportOperatorKey", [OPERATOR_KEY_IDS[key ?? "log"], since])],
  retireAdded: (until) => call(WHO.admin1, "retireOperatorKey", [keyIdOf(1, 1, NEW), until]),
  reportAdded: (since) => call(WHO.admin1, "reportOperatorKey", [keyIdOf(1, 1, NEW), since]),
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
    (end) => [...keys.add(0, NOW + 9), ...keys.accept, keys.retireAdded(end)],
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
    [[...keys.add(0, 0), ...keys.accept, keys.reportAdded(NOW)]],
  ),
];

const another = (institution: number, key: string): Call[] => addKey(institution, addressOf(key));
const retire = (institution: number, key: string, until = 0): Call =>
  call(addressOf(`admin${institution}`), "retireKey", [key, until]);
const SECOND = another(BANK.verifier, "second");

const LAST: readonly Boundary[] = [
  boundary(
    "RegistryLastKey",
    "is for the last of an active institution",
    [
      [[BANK.verifier], [retire(BANK.verifier, WHO.verifier)]],
      [
        [BANK.suspended],
        [
          call(WHO.accreditor, "setInstitutionState", [BANK.suspended, 1]),
          retire(BANK.suspended, WHO.ofSuspended),
        ],
      ],
      [
        [BANK.verifier],
        [...SECOND, retire(BANK.verifier, WHO.verifier), retire(BANK.verifier, addressOf("second"))],
      ],
    ],
    [
      [...SECOND, retire(BANK.verifier, WHO.verifier)],
      [retire(BANK.suspended, WHO.ofSuspended)],
      [retire(BANK.withdrawn, WHO.ofWithdrawn)],
    ],
  ),
  boundary(
    "RegistryLastKey",
    "counts a key once, however often its end is brought forward",
    [
      [
        [BANK.verifier],
        [
          ...SECOND,
          ...[9, 8, 7].map((after) => retire(BANK.verifier, WHO.verifier, NOW + after)),
          retire(BANK.verifier, addressOf("second")),
        ],
      ],
    ],
    [
      [...SECOND, ...[9, 8, 7].map((after) => retire(BANK.verifier, WHO.verifier, NOW + after))],
      [
        ...SECOND,
        ...another(BANK.verifier, "third"),
        ...[9, 8].map((after) => retire(BANK.verifier, WHO.verifier, NOW + after)),
        retire(BANK.verifier, addressOf("second")),
      ],
      [9, 8, 7].map((after) => retire(BANK.withdrawn, WHO.ofWithdrawn, NOW + after)),
    ],
  ),
];

const accept = (by: string, institution: number, at?: number): Call =>
  call(by, "acceptKey", [institution], at);
const propose = (until = 0): Call => call(WHO.admin1, "addKey", [BANK.issuer, WHO.newcomer, 0, until]);
const possession = (length: number): Call[] => [
  call(WHO.admin1, "addOperatorKey", [1, 1, 1, NEW, 0, 0, `0x${"ab".repeat(length)}`]),
];

const ACCEPTED: readonly Boundary[] = [
  boundary(
    "RegistryKeyNotProposed",
    "is for all but what the present admin proposed, once, to this key, for this institution",
    [
      [[BANK.issuer, WHO.newcomer], [accept(WHO.newcomer, BANK.issuer)]],
      [[BANK.both, WHO.proposed], [accept(WHO.proposed, BANK.both)]],
      [[9, WHO.proposed], [accept(WHO.proposed, 9)]],
      [[0, WHO.proposed], [accept(WHO.proposed, 0)]],
      [
        [BANK.issuer, WHO.proposed],
        [accept(WHO.proposed, BANK.issuer), accept(WHO.proposed, BANK.issuer)],
      ],
      [
        [BANK.issuer, WHO.proposed],
        [call(WHO.nextAdmin, "acceptAdmin", [BANK.issuer]), accept(WHO.proposed, BANK.issuer)],
      ],
    ],
    [
      [accept(WHO.proposed, BANK.issuer)],
      [propose(), accept(WHO.newcomer, BANK.issuer)],
      [
        call(WHO.nextAdmin, "acceptAdmin", [BANK.issuer]),
        call(WHO.nextAdmin, "addKey", [BANK.issuer, WHO.proposed, 0, 0]),
        accept(WHO.proposed, BANK.issuer),
      ],
    ],
  ),
  bounds(
    "RegistryKeyWindow",
    "is not over when the key accepts",
    (at) => {
      return [propose(NOW + 9), accept(WHO.newcomer, BANK.issuer, at)];
    },
    { refused: [NOW + 9, NOW + 10], accepted: [NOW, NOW + 8], values: (at) => [0, NOW + 9, at] },
  ),
  boundary(
    "RegistryKeyTaken",
    "is for a key that accepted elsewhere",
    [
      [
        [BANK.both],
        [
          call(WHO.admin3, "addKey", [BANK.both, WHO.proposed, 0, 0]),
          accept(WHO.proposed, BANK.both),
          accept(WHO.proposed, BANK.issuer),
        ],
      ],
    ],
    [[call(WHO.admin3, "addKey", [BANK.both, WHO.proposed, 0, 0]), accept(WHO.proposed, BANK.issuer)]],
  ),
  boundary(
    "RegistryKeyWindow",
    "is that of the newest proposal",
    [
      [
        [0, NOW + 1, NOW + 2],
        [propose(), propose(NOW + 1), accept(WHO.newcomer, BANK.issuer, NOW + 2)],
      ],
    ],
    [[propose(NOW + 1), propose(), accept(WHO.newcomer, BANK.issuer, NOW + 2)]],
  ),
  boundary(
    "RegistryInstitutionNotActive",
    "keeps keys of an institution that is not active from accepting, and its admin from adding",
    [
      [
        [BANK.issuer, 2],
        [call(WHO.accreditor, "setInstitutionState", [BANK.issuer, 2]), accept(WHO.proposed, BANK.issuer)],
      ],
      [[BANK.suspended, 2], [call(WHO.admin4, "addKey", [BANK.suspended, WHO.newcomer, 0, 0])]],
      [
        [BANK.issuer, 3],
        [
          call(WHO.accreditor, "setInstitutionState", [BANK.issuer, 3]),
          call(WHO.admin1, "addOperatorKey", [1, 1, 1, NEW, 0, 0, POSSESSION]),
        ],
      ],
    ],
    [
      [
        ...[2, 1].map((state) => call(WHO.accreditor, "setInstitutionState", [BANK.issuer, state])),
        accept(WHO.proposed, BANK.issuer),
      ],
      [call(WHO.accreditor, "addOperatorKey", [2, 1, 1, NEW, 0, 0, POSSESSION])],
    ],
  ),
];

interface Reports {
  readonly reported: string;
  readonly compromised: string;
  readonly unreported: string;
  readonly report: string;
}
const KEY_REPORTS: Reports = {
  reported: WHO.reported,
  compromised: WHO.compromised,
  unreported: WHO.issuer,
  report: "reportKey",
};
const OPERATOR_KEY_REPORTS: Reports = {
  reported: OPERATOR_KEY_IDS.reported,
  compromised: OPERATOR_KEY_IDS.compromised,
  unreported: OPERATOR_KEY_IDS.log,
  report: "reportOperatorKey",
};

function corrections({ of, name, ...keys }: Reports & { of: string; name: string }): Boundary[] {
  const correct = (key: string, since: number): Call => call(WHO.accreditor, name, [key, since]);
  const report = (by: string, key: string, since: number): Call => call(by, keys.report, [key, since]);
  const replaced = call(WHO.nextAdmin, "acceptAdmin", [BANK.issuer]);
  return [
    boundary(
      "RegistryKeyNotReported",
      `is for ${of} on which no report stands`,
      [
        [[], [correct(keys.unreported, 0)]],
        [[], [correct(keys.unreported, NOW)]],
        [[], [correct(keys.reported, 0), correct(keys.reported, 0)]],
      ],
      [
        [correct(keys.reported, 0)],
        [report(WHO.accreditor, keys.unreported, NOW - 5), correct(keys.unreported, 0)],
        [correct(keys.reported, 0), report(WHO.admin1, keys.reported, NOW)],
      ],
    ),
    bounds(
      "RegistryCompromiseTime",
      `of a correction is after what is reported of ${of}, and not to come`,
      (since) => [correct(keys.reported, since)],
      {
        refused: [1, MADE_AT - 1, MADE_AT, NOW + 1],
        accepted: [0, MADE_AT + 1, NOW],
        values: (since) => [since, MADE_AT + 1, NOW],
      },
    ),
    bounds(
      "RegistryCompromiseTime",
      `of a correction leaves what the present admin reported of ${of}`,
      (since) => [
        report(WHO.admin1, keys.unreported, NOW - 5),
        report(WHO.accreditor, keys.unreported, NOW - 9),
        correct(keys.unreported, since),
      ],
      {
        refused: [0, NOW - 9, NOW - 4, NOW],
        accepted: [NOW - 8, NOW - 5],
        values: (since) => [since, NOW - 8, NOW - 5],
      },
    ),
    boundary(
      "RegistryCompromiseTime",
      `of a correction takes nothing from the report of the present admin on ${of}`,
      [
        [[0, MADE_AT + 1, MADE_AT], [correct(keys.compromised, 0)]],
        [[NOW, MADE_AT + 1, MADE_AT], [correct(keys.compromised, NOW)]],
        [
          [0, NOW - 8, NOW - 9],
          [
            report(WHO.accreditor, keys.unreported, NOW - 5),
            report(WHO.admin1, keys.unreported, NOW - 9),
            correct(keys.unreported, 0),
          ],
        ],
      ],
      [
        [replaced, correct(keys.compromised, 0)],
        [replaced, correct(keys.compromised, NOW)],
      ],
    ),
  ];
}

export const KEYS: readonly Boundary[] = [
  ...[INSTITUTION, OPERATOR].flatMap((keys) => [...windows(keys), ...ends(keys), ...reports(keys)]),
  ...LAST,
  ...ACCEPTED,
  ...[
    { of: "a key", name: "correctKeyReport", ...KEY_REPORTS },
    { of: "an operator's key", name: "correctOperatorKeyReport", ...OPERATOR_KEY_REPORTS },
  ].flatMap(corrections),
  bounds("RegistryLength", "of a possession is 1 to 2420 bytes", possession, {
    refused: [0, 2_421],
    accepted: [1, 2_420],
    values: (length) => [length, 2_420],
  }),
  ...["retireOperatorKey", "reportOperatorKey"].map((name) =>
    bounds(
      "RegistryUnknownOperatorKey",
      `is for keys of none, in ${name}`,
      (id: string) => [call(WHO.admin1, name, [id, NOW])],
      { refused: [hashOf("no key")], accepted: [OPERATOR_KEY_IDS.log], values: (id) => [id] },
    ),
  ),
];
