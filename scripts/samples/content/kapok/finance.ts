/** Holds the financial statements of the Kapok sample report. */
import {
  type Block,
  center,
  type Column,
  type Label,
  left,
  paragraph,
  right,
  section,
  table,
} from "../../report.ts";

const unit = "人民币万元　RMB 10,000";

const years = (heading: Label): readonly Column[] => [
  left(heading, 43),
  right("2023 年", 19),
  right("2024 年", 19),
  right("2025 年", 19),
];

const position = table({
  caption: ["表 5　资产负债（年末数）", "Financial position at year end"],
  unit,
  columns: years(["项目", "Item"]),
  rows: [
    ["流动资产", "2,415.60", "2,688.30", "2,902.45"],
    ["非流动资产", "1,804.40", "1,731.70", "1,947.55"],
    ["资产总计", "4,220.00", "4,420.00", "4,850.00"],
    ["流动负债", "1,620.30", "1,598.20", "2,002.15"],
    ["非流动负债", "610.00", "720.00", "540.00"],
    ["负债合计", "2,230.30", "2,318.20", "2,542.15"],
  ],
  total: ["所有者权益", "1,989.70", "2,101.80", "2,307.85"],
});

const income = table({
  caption: ["表 6　利润", "Profit"],
  unit,
  columns: years(["项目", "Item"]),
  rows: [
    ["营业收入", "5,210.40", "5,486.75", "6,034.20"],
    ["营业成本", "4,480.95", "4,696.65", "5,087.30"],
    ["税金及期间费用", "625.66", "672.10", "730.01"],
    ["利润总额", "103.79", "118.00", "216.89"],
    ["所得税费用", "5.19", "5.90", "10.84"],
  ],
  total: ["净利润", "98.60", "112.10", "206.05"],
});

const ratios = table({
  caption: ["表 7　主要财务比率", "Ratios"],
  columns: years(["指标", "Ratio"]),
  rows: [
    ["资产负债率", "52.85%", "52.45%", "52.42%"],
    ["流动比率", "1.49", "1.68", "1.45"],
    ["销售毛利率", "14.00%", "14.40%", "15.69%"],
  ],
});

export const finance: readonly Block[] = [
  section(["五、财务摘要", "5. Financial summary"]),
  paragraph("2023 年和 2024 年数据摘自经审计的年度财务报表，2025 年数据由企业报送，尚未经审计。"),
  position,
  income,
  ratios,
];

const buyers = table({
  caption: ["表 8　主要客户（2025 年）", "Principal buyers, 2025"],
  unit,
  columns: [
    center(["序号", "No."], 7),
    left(["客户名称", "Buyer"], 43),
    left(["所在地", "Place"], 14),
    right(["销售额", "Sales"], 14),
    right(["占比", "Share"], 12),
    center(["账期", "Terms"], 12),
  ],
  rows: [
    [
      "1",
      "海港灯笼示例贸易有限公司\nHarbour Lantern Sample Trading Limited",
      "香港",
      "1,810.26",
      "30.00%",
      "45 天",
    ],
    ["2", "中山晴川示例服饰有限公司", "中山", "905.13", "15.00%", "60 天"],
    ["3", "东莞云帆示例制衣有限公司", "东莞", "663.76", "11.00%", "30 天"],
    ["4", "其他客户", "", "2,655.05", "44.00%", ""],
  ],
  total: ["", "合计", "", "6,034.20", "100.00%", ""],
});

export const trade: readonly Block[] = [
  section(["六、经营与进出口", "6. Trade"]),
  buyers,
  paragraph(
    "截至 2026 年 1 月末，应收海港灯笼示例贸易有限公司货款折合人民币 145.20 万元，其中逾期 11.06 万元，双方对一批货物的质量存在异议，正在协商。",
  ),
];
