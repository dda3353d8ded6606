"""What a verification finds, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

TEXTS = {
    "SEAL_MISSING": ("第 {seal} 号封印不见了", "seal {seal} is missing"),
    "SEAL_ALTERED": ("第 {seal} 号封印被改过", "seal {seal} has been altered"),
    "SIGNATURE": ("第 {seal} 号封印的签名不对", "the signature of seal {seal} is wrong"),
    "CHAIN": ("第 {seal} 号封印接不上前一号", "seal {seal} does not follow the one before it"),
    "OTHER_KEY": ("没有一个封印是用这把公钥签的", "no seal was signed with this key"),
    "ROW_ALTERED": ("第 {seal} 号封印：{log} 第 {row} 条被改过", "seal {seal}: {log} entry {row} has been altered"),
    "ROW_MISSING": ("第 {seal} 号封印：{log} 第 {row} 条被删了", "seal {seal}: {log} entry {row} has been deleted"),
    "ROWS_MISSING": (
        "第 {seal} 号封印：{log} 第 {row} 到 {other} 条被删了",
        "seal {seal}: {log} entries {row} to {other} have been deleted",
    ),
    "ROW_INSERTED": ("第 {seal} 号封印：{log} 第 {row} 条是后来塞进去的", "seal {seal}: {log} entry {row} was put in later"),
    "ROWS_SWAPPED": (
        "第 {seal} 号封印：{log} 第 {row} 条和第 {other} 条被对调了",
        "seal {seal}: {log} entries {row} and {other} have been swapped",
    ),
    "ROWS": (
        "第 {seal} 号封印：{log} 第 {row} 到 {other} 条对不上，指明是哪一条的清单也被改过",
        "seal {seal}: {log} entries {row} to {other} do not fit, and the list that would tell which is altered too",
    ),
    "CUT_OFF": (
        "锚文件记着第 {seal} 号封印（{log} 第 {row} 到 {other} 条），数据库里没有：末尾被截掉了",
        "the anchor knows seal {seal} ({log} entries {row} to {other}), the database does not: its end was cut off",
    ),
    "ANCHOR": ("第 {seal} 号封印和锚文件里记的不一样", "seal {seal} is not the one in the anchor"),
    "PROOF": ("{log} 第 {row} 条和第 {seal} 号封印对不上", "{log} entry {row} does not fit seal {seal}"),
    "KEY_UNKNOWN": (
        "第 {seal} 号封印不是用这把公钥或接替它的公钥签的",
        "seal {seal} was not signed with this key or one that took over from it",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a word of TEXTS, the seal, and the entry or entries where known."""

    code: str
    seal: int = 0
    log: str = ""
    row: int | None = None
    other: int | None = None

    def text(self, language: str = "en") -> str:
        """The sentence about it, in ``zh`` or ``en``."""
        return TEXTS[self.code][language != "zh"].format(**asdict(self))


@dataclass
class Report:
    """What a verification found; `unsealed` entries are not yet protected, which is no fault."""

    seals: int = 0
    sealed: int = 0
    unsealed: int = 0
    anchored: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self.problems

    def lines(self) -> list[str]:
        """The report for people, in both languages."""
        if not self.ok:
            return [f"{p.text('zh')} / {p.text('en')}" for p in self.problems]
        if not self.seals:
            return ["验证通过 / everything fits"]
        return [
            f"验证通过：{self.seals} 个封印，{self.sealed} 条日志；未封 {self.unsealed} 条；锚定到第 {self.anchored} 号"
            f" / everything fits: {self.seals} seals over {self.sealed} entries; {self.unsealed} not yet sealed;"
            f" anchored up to seal {self.anchored}"
        ]
