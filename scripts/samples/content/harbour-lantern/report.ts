/** Assembles the Harbour Lantern sample report. */
import { fact, type Report } from "../../report.ts";
import { conduct } from "./conduct.ts";
import { finance } from "./finance.ts";
import { profile } from "./profile.ts";
import { closing, publicRecord } from "./record.ts";

const NUMBER = "HKLS-SAMPLE-2026-0042";
const ISSUER = "Hong Kong Lighthouse Sample Credit Bureau Limited";
const SUBJECT = "Harbour Lantern Sample Trading Limited";

export const harbourLantern: Report = {
  fileName: "credit-report-harbour-lantern.pdf",
  title: `Enterprise Credit Report: ${SUBJECT}`,
  language: "en",
  number: NUMBER,
  issuer: [ISSUER, "香港灯塔示例征信有限公司"],
  made: new Date("2026-02-09T11:00:00+08:00"),
  accent: "#1d4f55",
  cover: {
    heading: ["Enterprise Credit Report", "企业信用报告"],
    edition: "Standard edition, version 1.0",
    facts: [
      fact("Subject", SUBJECT),
      fact("Chinese name", "海港灯笼示例贸易有限公司"),
      fact("Company number", "SAMPLE-0000002"),
      fact("Report number", NUMBER),
      fact("Date of report", "9 February 2026"),
      fact("Ordered by", "Shenzhen Tiger Hill Sample Precision Manufacturing Co., Ltd."),
      fact("Issued by", ISSUER),
    ],
    blocks: [],
    disclaimer:
      "Sample document, for demonstration and testing only. Every company, person, institution, number, address, case and figure in this report is invented and stands for nobody. It is not to be relied on for credit, trade or any other decision.",
  },
  header: { left: `Enterprise Credit Report: ${SUBJECT}`, right: `Report no. ${NUMBER}` },
  pageLabel: ({ page, pages }) => `Page ${page} of ${pages}`,
  blocks: [...profile, ...conduct, ...finance, ...publicRecord, ...closing],
};
