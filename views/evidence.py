"""The evidence package: entries with their proofs, the seals, the key, the anchors, and what verifies them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

import app.audit.proof
from app import clock
from app.audit import sealing
from app.audit.proof.merkle import LOGS, Row, canonical
from app.audit.seal_keys import public_file

MOST = 200
"""So many entries go into one package."""
_PROOF = Path(app.audit.proof.__file__).parent
README = """台账变更日志 · 证据包
====================

里面有什么
  entries.jsonl   日志原文，一行一条，就是封存时算指纹的那些字节；个人信息只有指纹，没有原文
  proofs/         每条日志一个证明：它在哪个封存里，怎么从它算到封存根
  seals.jsonl     用到的封存和换钥匙的封存，带签名
  anchor.jsonl    这些封存在数据库之外的存根
  public.pem      验证签名的公钥。请和另外拿到的那一把比对，不要只信包里的这一把
  verify/         验证程序，只需要 Python 3.11 以上，不联网，不需要台账系统

怎么验证（在解压后的文件夹里）
  python verify --proof proofs --key public.pem --anchor anchor.jsonl
打印“验证通过”就是：这些日志自封存以来一个字都没改过。对不上时会说出是哪一条。
还没封存的日志没有证明，见 waiting.txt。


Change log of Taizhang · evidence
=================================

What is inside
  entries.jsonl   the entries, one a line: the very bytes that were hashed; personal data as hashes only
  proofs/         a proof for each entry: which seal it is under, and the way from it to the root
  seals.jsonl     the seals concerned and those that brought in keys, with signatures
  anchor.jsonl    what was kept of these seals outside the database
  public.pem      the key that verifies. Compare it with the one you were given by other means
  verify/         the program that verifies; it needs Python 3.11 or newer, no network, nothing of Taizhang

How to verify (in the unpacked folder)
  python verify --proof proofs --key public.pem --anchor anchor.jsonl
It prints that everything fits, or which entry does not. Entries not sealed yet have no proof: see waiting.txt.
"""


def package(session: Session, items: Sequence[dict[str, Any]]) -> bytes:
    """The package of these entries of the log, as a ZIP file."""
    settings = current_app.config["TAIZHANG"]
    proofs = {item["id"]: sealing.proof(session, item["key"], LOGS[item["access"]]) for item in items[:MOST]}
    sealed = {name: found for name, found in proofs.items() if found is not None}
    seals: dict[int, Row] = {}
    for found in sealed.values():
        seals |= {seal["n"]: seal for seal in (*found.keys, found.seal)}
    files: dict[str, str | bytes] = {
        "README.txt": README,
        "entries.jsonl": b"\n".join(canonical(found.row) for found in sealed.values()),
        "seals.jsonl": b"\n".join(canonical(seals[number]) for number in sorted(seals)),
        "anchor.jsonl": _anchored(settings.anchor_file, set(seals)),
        "waiting.txt": "\n".join(str(name) for name in proofs.keys() - sealed.keys()),
    }
    for name, found in sealed.items():
        log = found.seal["log"]
        files[f"proofs/{log}-{str(name).removeprefix('A')}.json"] = json.dumps(
            found.as_json(), ensure_ascii=False
        )
    if (key := public_file(settings.seal_key_file)).exists():
        files["public.pem"] = key.read_bytes()
    for source in sorted(_PROOF.glob("*.py")):
        files[f"verify/{source.name}"] = source.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        at = clock.local(clock.now()).timetuple()[:6]
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=at), content, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _anchored(file: Path, numbers: set[int]) -> str:
    """The anchor's lines of these seals, and its last: nothing may be missing before it."""
    if not file.exists():
        return ""
    lines = [line for line in file.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    kept = [line for n, line in enumerate(lines) if n == len(lines) - 1 or _number(line) in numbers]
    return "\n".join(kept)


def _number(line: str) -> int:
    try:
        return int(json.loads(line)["n"])
    except (ValueError, TypeError, KeyError):
        return 0
