"""The verification as a program of its own; this folder may be copied anywhere, or packed by ``python -m zipapp``.

    python app/audit/proof COPY --key public.pem --anchor anchor.jsonl     a copy of the database, or an export
    python app/audit/proof --proof proof.json --key public.pem             one entry, without the database
    python app/audit/proof --proof proofs --key public.pem                 a folder of such proofs
"""  # fmt: skip

from __future__ import annotations

import argparse
import json
import sys
import types
from pathlib import Path

if not __package__:
    # Run as a folder: the names by which its files import one another, without the rest of Taizhang.
    folder = str(Path(__file__).resolve().parent)
    sys.path = [entry for entry in sys.path if entry != folder]
    for name in ("app", "app.audit", "app.audit.proof"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [folder]

from app.audit.proof.ed25519 import read_key
from app.audit.proof.findings import Report
from app.audit.proof.sources import opened
from app.audit.proof.verify import check_proof, verify


def main() -> int:
    """Verify what the command line names; 0 when everything fits."""
    parser = argparse.ArgumentParser(description="台账变更日志验证 / verify the change log of Taizhang")
    parser.add_argument(
        "copy", nargs="?", type=Path, help="数据库副本或导出文件 / copy of the database, or export"
    )
    parser.add_argument("--key", type=Path, required=True, help="公钥 / public key (PEM)")
    parser.add_argument("--anchor", type=Path, help="锚文件 / anchor file")
    parser.add_argument(
        "--proof", type=Path, help="一条记录的证明，或一个文件夹 / the proof of one entry, or a folder"
    )
    options = parser.parse_args()
    if (options.copy is None) == (options.proof is None):
        parser.error("给一个副本，或者一个 --proof / name a copy or a --proof")
    key = read_key(options.key)
    if options.proof:
        files = sorted(options.proof.glob("*.json")) if options.proof.is_dir() else [options.proof]
        proofs = [json.loads(file.read_text("utf-8")) for file in files]
        report = Report(problems=[one for proof in proofs for one in check_proof(proof, key, options.anchor)])
    else:
        report = verify(opened(options.copy), key, options.anchor)
    for line in report.lines():
        print(line)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
