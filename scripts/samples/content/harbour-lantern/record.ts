/** Holds the public record and closing notes of the Harbour Lantern sample report. */
import { type Block, center, left, list, paragraph, right, section, signature, table } from "../../report.ts";

const cases = table({
  caption: "Table 6.1  Court cases of the last five years",
  unit: "HKD thousand",
  columns: [
    center("No.", 6),
    left("Case", 29),
    left("Court", 25),
    left("Nature", 20),
    left("Role", 14),
    right("Claim", 9),
    left("Outcome", 26),
  ],
  rows: [
    [
      "1",
      "SAMPLE-DC-0001/2024",
      "Sample District Court",
      "Price of goods",
      "Defendant",
      "186",
      "Settled 2024-08-30",
    ],
  ],
});

const enquiries = table({
  caption: "Table 7.1  Enquiries of the last twelve months",
  columns: [center("No.", 6), center("Date", 15), left("Enquirer", 58), left("Purpose", 27)],
  rows: [
    ["1", "2025-04-14", "First Sample Bank, Hong Kong", "Annual review"],
    ["2", "2025-06-19", "Foshan Banyan Shade Sample Textile Technology Co., Ltd.", "Terms of trade"],
    ["3", "2025-09-03", "Third Sample Bank, Kowloon", "Receivables purchase"],
    ["4", "2025-11-26", "Sample Export Credit Insurance Corporation", "Buyer limit"],
    ["5", "2026-02-05", "Shenzhen Tiger Hill Sample Precision Manufacturing Co., Ltd.", "Terms of trade"],
  ],
});

export const publicRecord: readonly Block[] = [
  section("6. Court and public record"),
  cases,
  paragraph(
    "No winding-up petition, judgment debt, tax recovery or disqualification of a director was found.",
  ),
  section("7. Enquiries"),
  enquiries,
];

export const closing: readonly Block[] = [
  section("Notes"),
  list([
    "Information was collected up to 6 February 2026. Facilities and payment records are stated as reported by lenders and suppliers, and have not been audited by the bureau.",
    "Chinese names are given as registered or, where no Chinese name is registered, as used by the subject in its contracts. The English text prevails.",
    "The report is confidential to the person who ordered it. A person named in it may ask for a correction; a corrected edition states the number of the report that it replaces.",
    "The hash of this document was recorded when it was issued, so that whoever holds a copy can check that it is the one issued and that it has not been replaced or revoked.",
  ]),
  signature(["Hong Kong Lighthouse Sample Credit Bureau Limited", "9 February 2026"]),
];
