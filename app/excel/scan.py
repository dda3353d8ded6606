"""What a file really is, and whether it is safe to parse: decided from its bytes, never from its name.

Nothing is unpacked beyond the first 64 KB of a part; zipfile enforces the declared sizes while inflating.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.excel.contract import MB, FileRefused, Limits
from app.excel.ole import MAGIC, OleFile

_HEAD = 65_536
_IGNORED = (
    "externallinks/",
    "embeddings/",
    "activex/",
    "ctrlprops/",
    "connections.xml",
    "querytables/",
    "basic/",
)
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
# Atomic groups: a comment must end at its first "-->", or a DOCTYPE could hide between two of them.
_PROLOG = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<[A-Za-z_]", re.DOTALL)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")


@dataclass(slots=True)
class Scan:
    """A file fit to be parsed: its kind ("xlsx", "xls", "ods", "csv") and the parts that will be ignored."""

    kind: str
    ignored: list[str] = field(default_factory=list)


def scan(path: Path, limits: Limits) -> Scan:
    """Tell what the file is. Raises FileRefused for anything that is not a workbook or not safe to parse."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("EMPTY")
    if size > limits.max_bytes:
        raise FileRefused("TOO_BIG", size=-(-size // MB), limit=limits.max_bytes // MB)
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0)
        if head[:4] == b"PK\x03\x04":
            return _scan_zip(file, size, limits)
        if head[:8] == MAGIC:
            return _scan_ole(file)
    return _scan_text(head)


def _scan_ole(file: BinaryIO) -> Scan:
    names = {stream.name for stream in OleFile(file).streams}
    if "EncryptedPackage" in names or "EncryptionInfo" in names:
        raise FileRefused("ENCRYPTED")
    if "_VBA_PROJECT_CUR" in names:
        raise FileRefused("MACROS")
    if not names & {"Workbook", "Book"}:
        raise FileRefused("NOT_A_WORKBOOK")
    return Scan("xls")


def _scan_text(head: bytes) -> Scan:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<" or text[:13].lower() == b"mime-version:":
        raise FileRefused("HTML")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Scan("csv")
    if head[:5] in (b"%PDF-", b"{\\rtf", b"PK\x05\x06") or re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head):
        raise FileRefused("NOT_A_WORKBOOK")
    return Scan("csv")


def _scan_zip(file: BinaryIO, size: int, limits: Limits) -> Scan:
    _check_directory(file, size, limits)
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
            _check_parts(parts, limits)
            names = {part.filename.lower(): part for part in parts}
            found = Scan(_kind(archive, names))
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    with archive.open(part) as stream:
                        check_prolog(stream.read(_HEAD))
    except (
        BadZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        UnicodeError,
    ) as error:
        raise FileRefused("BROKEN") from error
    found.ignored = sorted(p.filename for p in parts if any(word in p.filename.lower() for word in _IGNORED))
    return found


def _check_directory(file: BinaryIO, size: int, limits: Limits) -> None:
    """Refuse a huge directory before zipfile makes an object of each entry."""
    tail_at = max(0, size - 65_557)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise FileRefused("BROKEN")
    count, length = struct.unpack_from("<HI", tail, at + 10)
    if count > limits.max_parts or length > limits.max_parts * 512:
        raise FileRefused("SUSPICIOUS")
    file.seek(0)


def _check_parts(parts: list[ZipInfo], limits: Limits) -> None:
    seen: set[str] = set()
    end = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        name = part.filename.lower()
        if part.flag_bits & 1:
            raise FileRefused("ENCRYPTED")
        strange = (
            name in seen
            or "\\" in name
            or name.startswith("/")
            or ".." in name.split("/")
            or part.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
            or part.header_offset < end
        )
        bomb = part.file_size > MB and part.file_size > part.compress_size * limits.max_ratio
        if strange or bomb:
            raise FileRefused("SUSPICIOUS")
        if name.endswith("/styles.xml") and part.file_size > limits.max_styles_bytes:
            raise FileRefused("TOO_MANY_STYLES")
        seen.add(name)
        end = part.header_offset + part.compress_size
    if sum(part.file_size for part in parts) > limits.max_unpacked:
        raise FileRefused("TOO_COMPLEX")


def _kind(archive: ZipFile, names: dict[str, ZipInfo]) -> str:
    if any(name.endswith("vbaproject.bin") for name in names):
        raise FileRefused("MACROS")
    if "mimetype" in names and archive.read(names["mimetype"])[:100].strip() == _ODS:
        manifest = names.get("meta-inf/manifest.xml")
        if manifest and b"encryption-data" in archive.read(manifest):
            raise FileRefused("ENCRYPTED")
        return "ods"
    if "xl/workbook.bin" in names:
        raise FileRefused("XLSB")
    types = names.get("[content_types].xml")
    if types is None:
        raise FileRefused("NOT_A_WORKBOOK")
    content = archive.read(types)
    if b"macroEnabled" in content:
        raise FileRefused("MACROS")
    if b"spreadsheetml.sheet.main+xml" not in content and b"spreadsheetml.template.main+xml" not in content:
        raise FileRefused("NOT_A_WORKBOOK")
    return "xlsx"


def check_prolog(head: bytes) -> None:
    """Refuse a part with a DOCTYPE, in an encoding that could hide one, or whose root does not come soon."""
    if not head:
        return
    head = head.removeprefix(b"\xef\xbb\xbf")
    match = _PROLOG.match(head)
    encoding = _ENCODING.search(head[: match.end()]) if match else None
    if match is None or (encoding and encoding[1].lower() not in (b"utf-8", b"utf8", b"us-ascii")):
        raise FileRefused("SUSPICIOUS")
