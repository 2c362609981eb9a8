/** Holds the company profile of the Kapok sample report. */
import { type Block, center, fact, facts, left, paragraph, right, section, table } from "../../report.ts";

const opinion: readonly Block[] = [
  section(["一、综合评价", "1. Overall opinion"]),
  facts([
    [
      fact(["信用评分", "Credit score"], "742（满分 1,000）"),
      fact(["信用等级", "Credit grade"], "示例 A 级"),
    ],
    [
      fact(["未结清信贷余额", "Outstanding credit"], "人民币 1,200.00 万元"),
      fact(["不良类余额", "Non-performing"], "无"),
    ],
    [fact(["涉诉案件", "Court cases"], "1 件，已撤诉"), fact(["行政处罚", "Penalties"], "无")],
  ]),
  paragraph(
    "企业以中高支棉混纺面料为主业，近三年营业收入和净利润持续增长，负债水平平稳，信贷业务均按约履行。出口收入集中于一家香港买方，客户集中度偏高，建议关注货款收取情况。",
  ),
];

const basics: readonly Block[] = [
  section(["二、基本信息", "2. Basic information"]),
  facts([
    [fact(["企业名称", "Name of enterprise"], "佛山榕荫示例纺织科技有限公司")],
    [
      fact(["统一社会信用代码", "Credit code"], "9144060000SAMPLE02"),
      fact(["企业类型", "Legal form"], "有限责任公司"),
    ],
    [
      fact(["法定代表人", "Legal representative"], "林示例"),
      fact(["成立日期", "Established"], "2016 年 8 月 9 日"),
    ],
    [fact(["注册资本", "Registered capital"], "人民币 1,200.00 万元"), fact(["登记状态", "Status"], "存续")],
    [
      fact(["登记机关", "Registrar"], "佛山市示例区市场监督管理局"),
      fact(["参保人数", "Insured staff"], "94 人（2025 年末）"),
    ],
    [fact(["住所", "Registered address"], "佛山市示例区榕荫示例大道 12 号示例纺织城 5 座")],
    [
      fact(
        ["经营范围", "Business scope"],
        "纺织面料的研发、生产和销售；印染助剂销售（不含危险化学品）；货物进出口；纺织技术咨询。",
      ),
    ],
  ]),
];

const shareholders = table({
  caption: ["表 1　股东及出资", "Shareholders"],
  unit: "人民币万元　RMB 10,000",
  columns: [
    center(["序号", "No."], 7),
    left(["股东名称", "Shareholder"], 43),
    left(["股东类型", "Type"], 16),
    right(["认缴出资额", "Subscribed"], 18),
    right(["持股比例", "Holding"], 16),
  ],
  rows: [
    ["1", "林示例", "自然人", "720.00", "60.00%"],
    ["2", "何示例", "自然人", "300.00", "25.00%"],
    ["3", "佛山榕荫示例员工持股中心（有限合伙）", "合伙企业", "180.00", "15.00%"],
  ],
  total: ["", "合计", "", "1,200.00", "100.00%"],
});

const officers = table({
  caption: ["表 2　高级管理人员", "Management"],
  columns: [
    center(["序号", "No."], 7),
    left(["姓名", "Name"], 16),
    left(["职务", "Position"], 36),
    left(["证件号码", "Identity document"], 23),
    center(["任职起始日", "Since"], 18),
  ],
  rows: [
    ["1", "林示例", "执行董事、法定代表人", "SAMPLE-ID-0021", "2016-08-09"],
    ["2", "何示例", "经理", "SAMPLE-ID-0022", "2019-01-10"],
    ["3", "梁示例", "财务负责人", "SAMPLE-ID-0023", "2022-06-01"],
    ["4", "吴示例", "监事", "SAMPLE-ID-0024", "2016-08-09"],
  ],
});

export const profile: readonly Block[] = [
  ...opinion,
  ...basics,
  section(["三、股东及高级管理人员", "3. Shareholders and management"]),
  shareholders,
  officers,
];
