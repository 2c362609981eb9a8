/** Holds the financial statements of the Harbour Lantern sample report. */
import { type Block, type Column, left, paragraph, right, section, type Table, table } from "../../report.ts";

const unit = "HKD thousand";

const years = (heading: string): readonly Column[] => [
  left(heading, 43),
  right("2023", 19),
  right("2024", 19),
  right("2025", 19),
];

const position: Table = {
  caption: "Table 5.1  Financial position at 31 March",
  unit,
  columns: years("Item"),
  rows: [
    ["Non-current assets", "4,180", "3,905", "4,460"],
    ["Inventories", "12,640", "13,875", "14,210"],
    ["Trade receivables", "21,350", "24,480", "26,905"],
    ["Cash and bank balances", "6,215", "5,940", "7,385"],
    ["Total assets", "44,385", "48,200", "52,960"],
    ["Trade payables", "14,920", "16,310", "17,045"],
    ["Bank borrowings, due within one year", "9,800", "10,650", "11,200"],
    ["Other current liabilities", "2,105", "2,240", "2,415"],
    ["Bank borrowings, due after one year", "2,400", "1,800", "1,200"],
    ["Total liabilities", "29,225", "31,000", "31,860"],
  ],
  total: ["Net assets", "15,160", "17,200", "21,100"],
};

const income: Table = {
  caption: "Table 5.2  Profit or loss, years ended 31 March",
  unit,
  columns: years("Item"),
  rows: [
    ["Revenue", "96,420", "108,735", "121,480"],
    ["Cost of sales", "−84,370", "−94,890", "−105,450"],
    ["Gross profit", "12,050", "13,845", "16,030"],
    ["Selling and administrative expenses", "−9,320", "−10,560", "−10,475"],
    ["Finance costs", "−690", "−855", "−905"],
    ["Profit before tax", "2,040", "2,430", "4,650"],
    ["Tax", "−325", "−390", "−750"],
  ],
  total: ["Profit for the year", "1,715", "2,040", "3,900"],
};

const ratios: Table = {
  caption: "Table 5.3  Ratios",
  columns: years("Ratio"),
  rows: [
    ["Current assets to current liabilities", "1.50", "1.52", "1.58"],
    ["Liabilities to total assets", "65.8%", "64.3%", "60.2%"],
    ["Gross margin", "12.5%", "12.7%", "13.2%"],
    ["Days of sales in trade receivables", "81", "82", "81"],
  ],
};

export const finance: readonly Block[] = [
  section("5. Financial summary"),
  paragraph(
    "From the audited statements of the subject, filed by it with the bureau. The auditor, Bamboo Slip Sample & Co., gave an unqualified opinion in each year.",
  ),
  ...[position, income, ratios].map(table),
];
