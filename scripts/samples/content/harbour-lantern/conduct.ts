/** Holds the business conduct of the Harbour Lantern sample report. */
import { type Block, center, left, paragraph, right, section, table } from "../../report.ts";

const unit = "HKD thousand";

const facilities = table({
  caption: "Table 3.1  Bank facilities at 31 January 2026",
  unit,
  columns: [
    center("No.", 6),
    left("Lender", 36),
    left("Facility", 25),
    right("Limit", 11),
    right("Drawn", 11),
    right("Available", 13),
    center("Review", 14),
  ],
  rows: [
    ["1", "First Sample Bank, Hong Kong", "Trade finance", "12,000", "8,200", "3,800", "2026-06-30"],
    ["2", "First Sample Bank, Hong Kong", "Overdraft", "2,000", "450", "1,550", "2026-06-30"],
    ["3", "Second Sample Bank, Hong Kong", "Term loan", "3,000", "1,800", "0", "2028-09-30"],
    ["4", "Third Sample Bank, Kowloon", "Receivables purchase", "5,000", "2,150", "2,850", "2026-12-31"],
  ],
  total: ["", "Total", "", "22,000", "12,600", "8,200", ""],
});

const charges = table({
  caption: "Table 3.2  Registered charges",
  columns: [
    center("No.", 6),
    left("Charge", 24),
    left("In favour of", 26),
    center("Registered", 15),
    left("Property charged", 46),
  ],
  rows: [
    [
      "1",
      "SAMPLE-CH-0001",
      "First Sample Bank",
      "2021-07-06",
      "Bank deposits and documents of title to goods",
    ],
    ["2", "SAMPLE-CH-0002", "Third Sample Bank", "2024-01-15", "Book debts of two named distributors"],
  ],
});

const suppliers = table({
  caption: "Table 4.1  Accounts with suppliers on the mainland at 31 January 2026",
  unit,
  columns: [
    left("Supplier", 62),
    center("Terms", 10),
    right("Highest credit", 16),
    right("Owing", 9),
    right("Past due", 11),
    right("Days late", 11),
  ],
  rows: [
    [
      "Shenzhen Tiger Hill Sample Precision Manufacturing Co., Ltd.\n深圳虎丘示例精密制造有限公司",
      "60 days",
      "3,850",
      "2,960",
      "0",
      "2",
    ],
    [
      "Foshan Banyan Shade Sample Textile Technology Co., Ltd.\n佛山榕荫示例纺织科技有限公司",
      "45 days",
      "2,140",
      "1,575",
      "120",
      "6",
    ],
    [
      "Dongguan Bamboo Shadow Sample Hardware Co., Ltd.\n东莞竹影示例五金有限公司",
      "30 days",
      "1,280",
      "640",
      "0",
      "0",
    ],
    [
      "Huizhou Stone Bridge Sample Packaging Co., Ltd.\n惠州石桥示例包装有限公司",
      "30 days",
      "560",
      "310",
      "45",
      "9",
    ],
  ],
  total: ["Total", "", "", "5,485", "165", ""],
});

const payments = table({
  caption: "Table 4.2  Payments reported by suppliers in 2025",
  columns: [
    left("Quarter", 22),
    right("Payments", 14),
    right("On time", 14),
    right("1 to 30 days late", 18),
    right("31 to 60 days late", 18),
    right("Paid on time", 15),
  ],
  rows: [
    ["January to March", "38", "34", "4", "0", "89.5%"],
    ["April to June", "41", "38", "3", "0", "92.7%"],
    ["July to September", "44", "39", "4", "1", "88.6%"],
    ["October to December", "46", "43", "3", "0", "93.5%"],
  ],
  total: ["Year", "169", "154", "14", "1", "91.1%"],
});

export const conduct: readonly Block[] = [
  section("3. Bank facilities and charges"),
  facilities,
  paragraph(
    "The lenders report that every facility is conducted as agreed. The term loan is repaid in equal quarterly instalments of HKD 150,000 and cannot be drawn again. The subject has given no guarantee for the debts of others.",
  ),
  charges,
  section("4. Payment conduct"),
  suppliers,
  paragraph(
    "Days late are the average of the last twelve months, weighted by amount. The amount past due to Foshan Banyan Shade concerns a delivery whose quality is in dispute.",
  ),
  payments,
];
