/** The texts of the verify page beside the verdicts, in English. */
import type { Action } from "../../core/entry.ts";

export const enPage = {
  question: "Is this file exactly what was issued?",
  drop: "Drop a file here",
  dropHint: "One file, many, or a folder, with their receipts if there are any. Pasting works too.",
  letGo: "Let go to check",
  /** In place of the two above on a phone, where nothing can be dropped. */
  choose: "Choose the file to check",
  chooseHint: "One file or many, with their receipts if there are any.",
  chooseFiles: "Choose files",
  chooseFolder: "Choose a folder",
  stays: "Your file does not leave this device.",
  staysHow: "Only its fingerprint is sent, from which nobody can make the file.",
  paper: "Only paper?",
  paperMeans:
    "Paper cannot be checked. A QR code shows that an entry exists, not that this paper matches it. Ask for the file.",
  language: "Language",
  offline: {
    label: "Offline",
    on: "Give the file with its receipt, and the trust list (policy file) that names the keys you trust.",
    nothing: "Nothing is sent.",
    /** No receipt is of the file. */
    title: "Not checked: you are working offline.",
    next: "Give its receipt, or switch Offline off.",
    off: "Switch Offline off",
    insecure: "This page came over plain http, so it cannot be kept for offline use.",
  },
  given: {
    receipt: "Receipt of entry {entry}",
    statement: "Status statement",
    policy: "Trust list (policy file): whom you trust",
    /** {verdict} is a title, or several. */
    answer:
      "Signed answer as of {time}, which claims: {verdict} Not checked here; “hufu verify” holds it against the log.",
    damagedAnswer: "This is no signed answer that can be read; ask for it again.",
    /** A ZIP. */
    zip: "Opened: its document is checked",
    zipWith: "Opened: its document is checked. Not looked at: {names}",
    leaflet: "Part of a bundle; nothing to check",
    fileWanted: "Now give the file itself.",
    title: "Given beside the files: {count}",
  },
  progress: {
    queued: "Waiting",
    hashing: "Reading: {percent} % of {size}",
    /** {time} is a duration, as "2 min". */
    left: "about {time} left",
    asking: "Checking",
    cancelled: "Cancelled",
    key: "Waiting for an API key",
  },
  cancel: "Cancel",
  another: "Check another file",
  retry: "Try again",
  addReceipt: "Add the receipt",
  addPolicy: "Add the trust list (policy file)",
  addStatement: "Add a status statement",
  print: "Print",
  alone: "Check without its receipt",
  aloneMeans: "Then the fingerprint of the file itself is sent.",
  likely: {
    title: "Likely reasons",
    changed:
      "The file was saved again, printed to PDF, or sent through an app that changes files. Ask for the original download.",
    personal:
      "It is about a person. Such documents are found only with the receipt that came with them, a file that ends in .tlog-proof.",
    never: "It was never registered, or is another version than the one that was.",
  },
  issuer: {
    title: "Which name does the document bear?",
    means:
      "Choose it, and that institution's records alone decide. What the others have recorded is no reason to choose it.",
    again: "Choose no name",
  },
  key: {
    title: "This service asks for an API key",
    means: "The key stays in this tab, and is forgotten when it is closed.",
    label: "API key",
    use: "Use this key",
    refused: "The service does not take this key.",
  },
  next: "What to do next",
  detail: "technical detail",
  size: "size",
  bytes: "{bytes} {bytes:byte|bytes}",
  /** A fault whose cause a proxy or another program answered. */
  withStatus: "{why} (HTTP {status})",
  checkedAt: "time of the check",
  proof: {
    title: "The proof, step by step",
    holds: "Every step was computed on this device, and holds.",
    missing: "The proof could not be had: {why}. Nothing of the answer is shown.",
    nothing: "There is no entry to prove.",
    fingerprint: "The fingerprint of the file",
    entry: "Entry {entry} of the log holds it",
    blinded: "With the receipt's salt it makes the commitment that entry {entry} of the log holds",
    leaf: "The hash of the entry is a leaf of the log's tree",
    path: "With {count} {count:hash|hashes} beside it, it leads up to the root",
    left: "left",
    right: "right",
    root: "That is the root of the log {origin} at {size} {size:entry|entries}",
    withdrawal: "Entry {entry} changes its status to what is answered",
    sameRoot: "That is the same root",
    byService:
      "The checkpoint with that root is signed by {signer}. That this is the log's key is the word of the service; give a trust list (policy file) to hold it against your own.",
    byPolicy: "The checkpoint with that root is signed by a key of your trust list (policy file): {signer}",
    cosigned: "Cosigned by the witness {name} on {time}",
  },
  trust: {
    asks: "This page asks only the service that serves it, and is as honest as that service.",
    title: "First contact: the keys of this log",
    means:
      "No one vouches for these keys yet: another log with keys of its own would look the same. Compare their fingerprint with the operator, or give the trust list (policy file) of your institution.",
    keep: "Keep this service's trust list (policy file)",
    keepMeans:
      "It is saved as a file and used in this tab from now on, offline too. It names one operator alone, so answers by it are that operator's word.",
  },
  signedAnswer: {
    save: "Save the signed answer",
    means: "The operator has signed this answer. If the log shows otherwise, it convicts the operator.",
  },
  history: {
    title: "History",
    registered: "registered by {issuer}, entry {entry}",
    change: "{done} by {actor}: {reason} (entry {entry})",
    done: {
      revoke: "withdrawn",
      suspend: "suspended",
      reinstate: "reinstated",
      supersede: "replaced",
    } satisfies Record<Action, string>,
    unknown: "Offline, nothing is known of what happened since.",
  },
  sent: {
    title: "What was sent",
    nothing: "Nothing was sent.",
    brief: "Content sent: {bytes} {bytes:byte|bytes}.",
    total:
      "Requests: {count}; bytes of content: {bytes}. The browser adds its own headers, which say nothing of the file.",
  },
  certificate: {
    title: "Record of a check",
    /** Of many files. */
    titleMany: "Record of checks",
    by: "Your institution, for the printed record",
    issuerNumber: "issuer's number",
    chain: "chain",
    operator: "operator",
    /** {bank} is a line to fill in unless a name is given. */
    footer: "Record of a check by {bank} at {time}; check the file itself again before relying on it.",
    code: "This code leads to entry {entry}. It shows that the entry exists, not that a paper matches it.",
  },
  many: {
    title: "{done} of {total} checked",
    result: "result",
    save: "Save as CSV",
    again: "Start again",
    back: "Back to the list",
  },
  entry: {
    title: "Entry {entry} of the log",
    means:
      "This shows the record only; whether a file or paper is that document, only the file itself can show.",
    asking: "Looking up entry {entry}",
    missing: "Entry {entry} could not be read: {why}.",
    /** The log ends before it. */
    none: "There is no such entry: at {time} the log had {size} {size:entry|entries}, and no entry {entry}.",
    kind: "It is no document. Kind: {kind}.",
    unknown: "Its status could not be checked: {why}.",
    valid: "In force.",
    expired: "Past its date.",
  },
  problems: {
    mismatch:
      "Give the file together with the receipt that came with it. This says nothing about whether the file was registered.",
    zip: "Unpack the ZIP and give the document with its receipt, or ask for the original ZIP.",
    receipt:
      "Ask for the receipt again, as it was given out: it was damaged on the way. This says nothing about the file.",
    issuer:
      "Ask for the receipt of the institution that the document names. This receipt says nothing about that institution.",
    salt: "Ask for the receipt as the holder of the document has it. One that was fetched from the service lacks the salt that shows which document it is of.",
    policy:
      "Give the trust list (policy file) of your institution, which names the logs and witnesses that it trusts; or check online.",
    trust:
      "The trust list (policy file) does not trust who signed this receipt. Ask your compliance team which one is in force.",
    empty: "Ask for the file again: this one holds nothing.",
    changed: "Close it in other programs, and choose it again.",
    file: "Choose it again; if it lies on a network drive, copy it to this device first.",
    other: "Try again; if it lasts, tell whoever runs this service.",
  },
};
