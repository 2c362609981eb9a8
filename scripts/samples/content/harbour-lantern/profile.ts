/** Holds the company profile of the Harbour Lantern sample report. */
import {
  type Block,
  center,
  fact,
  facts,
  left,
  paragraph,
  right,
  section,
  subsection,
  table,
} from "../../report.ts";

const summary: readonly Block[] = [
  section("Summary"),
  paragraph(
    "The subject buys machined parts, textiles and packaging from manufacturers in Guangdong and sells them to distributors in South-East Asia. Suppliers report prompt payment; turnover and net assets have grown in each of the last three financial years. No adverse court record is open.",
  ),
  facts([
    [fact("Credit opinion", "Good; normal terms"), fact("Suggested limit", "HKD 4,500,000")],
    [
      fact("Bank facilities", "HKD 22,000,000 (57.3% drawn)"),
      fact("Paid on time", "91.1% of 169 payments in 2025"),
    ],
    [fact("Past due", "HKD 165,000, to suppliers"), fact("Court cases", "1, settled")],
  ]),
];

const registration: readonly Block[] = [
  section("1. Registration"),
  facts([
    [fact("Company name", "Harbour Lantern Sample Trading Limited")],
    [fact("Chinese name", "海港灯笼示例贸易有限公司")],
    [fact("Company number", "SAMPLE-0000002"), fact("BR number", "SAMPLE-0000002-000")],
    [
      fact("Legal form", "Private company limited by shares"),
      fact("Incorporated", "18 September 2012, Hong Kong"),
    ],
    [fact("Status", "Live"), fact("Last annual return", "18 September 2025")],
    [fact("Line of business", "Import, export and wholesale"), fact("Employees", "34")],
    [fact("Telephone", "+852 0000 0002"), fact("Financial year ends", "31 March")],
    [fact("Registered office", "Unit 1208, Sample Tower, 88 Sample Road, Kowloon, Hong Kong")],
    [fact("Warehouse", "Lot 2, Sample Logistics Park, Example Road, New Territories, Hong Kong")],
  ]),
];

const shareholders = table({
  caption: "Table 2.1  Share capital: 5,000,000 ordinary shares, fully paid",
  columns: [
    center("No.", 6),
    left("Shareholder", 34),
    left("Chinese name", 24),
    right("Shares", 18),
    right("Holding", 14),
  ],
  rows: [
    ["1", "Ms Chan Sample", "陈示例", "3,000,000", "60.00%"],
    ["2", "Mr Wong Sample", "黄示例", "1,250,000", "25.00%"],
    ["3", "Lantern Bay Sample Holdings Limited", "灯笼湾示例控股有限公司", "750,000", "15.00%"],
  ],
  total: ["", "Total", "", "5,000,000", "100.00%"],
});

const officers = table({
  caption: "Table 2.2  Directors and officers",
  columns: [
    center("No.", 6),
    left("Name", 20),
    left("Chinese name", 14),
    left("Office", 28),
    left("Identity document", 20),
    center("Appointed", 14),
  ],
  rows: [
    ["1", "Ms Chan Sample", "陈示例", "Director, managing director", "SAMPLE-ID-0011", "2012-09-18"],
    ["2", "Mr Wong Sample", "黄示例", "Director, purchasing", "SAMPLE-ID-0012", "2015-04-01"],
    ["3", "Ms Lee Sample", "李示例", "Company secretary", "SAMPLE-ID-0013", "2019-11-25"],
  ],
});

export const profile: readonly Block[] = [
  ...summary,
  ...registration,
  section("2. Ownership and management"),
  shareholders,
  officers,
  subsection("Control"),
  paragraph(
    "Ms Chan Sample holds 60.00% directly and is entered as the significant controller. Lantern Bay Sample Holdings Limited is held in equal parts by Ms Chan Sample and Mr Wong Sample. No charge over the shares is registered.",
  ),
];
