"""Bytes to text, whatever charset was declared: as browsers read the web (WHATWG Encoding), since senders do so too."""

import re
from encodings.aliases import aliases

_SUPERSETS = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "cp950",
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
    "iso2022_jp_2": "iso2022_jp_2",
}
"""What senders mean who declare the key."""
_FURTHER_NAMES = {
    "unicode11utf7": "utf_7",
    "utf8mb4": "utf_8",
    "cp65001": "utf_8",
    "unicode": "utf_16",
    "ucs2": "utf_16",
    "iso10646ucs2": "utf_16_be",
    "xmacroman": "mac_roman",
    "xmac": "mac_roman",
    "xmacce": "mac_latin2",
    "xmaccyrillic": "mac_cyrillic",
    "xmacgreek": "mac_greek",
    "xmacturkish": "mac_turkish",
    "xmacicelandic": "mac_iceland",
    "xmacjapanese": "cp932",
    "xmacchinesetrad": "cp950",
    "xmacchinesesimp": "gb18030",
    "xmackorean": "cp949",
    "xsjis": "cp932",
    "mskanji": "cp932",
    "windows31j": "cp932",
    "cswindows31j": "cp932",
    "xeucjp": "euc_jp",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp51932": "euc_jp",
    "xgbk": "gb18030",
    "gb231280": "gb18030",
    "xxbig5": "cp950",
    "cnbig5": "cp950",
    "cngb": "gb18030",
    "ksc56011987": "cp949",
    "ksc5601": "cp949",
    "koi8": "koi8_r",
    "koi": "koi8_r",
    "koi8ru": "koi8_u",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6",
    "visual": "iso8859_8",
    "logical": "iso8859_8",
    "windows874": "cp874",
    "dos874": "cp874",
    "xcp1250": "cp1250",
    "xcp1251": "cp1251",
    "xcp1252": "cp1252",
    "ansi": "cp1252",
    "ansix341968": "cp1252",
    "ansix341986": "cp1252",
}
_NEVER = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "charmap"}
_NOT_TEXT = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]")
_WINDOWS = re.compile(r"(?:x?windows|win|ibm|cp|x?cp|ms|dos|microsoftcp)(\d{3,5})")
_ISO = re.compile(r"(?:iso|8859|iso8859)?8859(\d{1,2})")

_ESCAPING = frozenset(
    {"utf_7", "hz", "iso2022_kr", "iso2022_jp_ext", "iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_3"}
)
"""Written in seven bits, so that they look like good UTF-8 and aren't."""
_WIDE = frozenset({"utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"})
_MULTIBYTE = frozenset({"gb18030", "cp949", "johab", "cp932", "euc_jp", "cp950", "big5hkscs", "euc_jis_2004"})
"""Two bytes of theirs may be good UTF-8 by chance, and nothing else is good in them by chance: they come first."""
_SECOND_TRY = {"cp950": "big5hkscs", "cp932": "shift_jis_2004", "euc_jp": "euc_jis_2004"}
_C1 = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}
_C1 = {code: char for code, char in _C1.items() if char != "\ufffd"}
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which UTF-7's decoder alone lets through."""
_HIGH = re.compile(rb"[\x80-\xff]")
_JIS_RUN = re.compile(rb"\x1b\$[@B]([\x21-\x7e]*)")
_JIS_ASCII = re.compile(rb"\x1b\([BJ]")


def _known_names() -> dict[str, str]:
    """Each known name, without punctuation, and its codec: names of strangers are never looked up anywhere else."""
    known = {}
    for alias, codec in aliases.items():
        if codec not in _NEVER | _NOT_TEXT:
            meant = _SUPERSETS.get(codec, codec)
            known[_NOT_IN_NAMES.sub("", alias)] = meant
            known[_NOT_IN_NAMES.sub("", codec)] = meant
    for codec in ("cp874", "koi8_u", "cp1125", "mac_arabic", "mac_croatian", "mac_farsi", "mac_romanian", "utf_8_sig"):
        known[_NOT_IN_NAMES.sub("", codec)] = codec
    return known | _FURTHER_NAMES


_KNOWN = _known_names()


def codec_of(declared: str) -> str | None:
    """The name of Python's codec for a declared charset; None for none that we know."""
    name = _NOT_IN_NAMES.sub("", declared[:60].lower().partition("*")[0])
    codec = _KNOWN.get(name)
    if codec is None and (match := _WINDOWS.fullmatch(name)):
        codec = _KNOWN.get(f"cp{match[1]}") or _KNOWN.get(f"windows{match[1]}")
    if codec is None and (match := _ISO.fullmatch(name)):
        codec = _KNOWN.get(f"iso8859{match[1]}")
    return codec


def decode(data: bytes, declared: str = "") -> tuple[str, bool]:
    """The text, and whether the declared charset (or, without one, UTF-8 or ASCII) was the right one.

    UTF-8 comes before a declared charset of single bytes, in which anything is good; then the declared one, then
    Windows-1252."""
    codec = codec_of(declared)
    honest = codec is not None or not declared.strip()
    if codec in _WIDE and b"\x00" not in data and _HIGH.search(data) is None:
        codec, honest = None, False
    if codec in _ESCAPING or codec in _WIDE or codec in _MULTIBYTE:
        text = _strictly(data, codec)
        if text is not None:
            return text.removeprefix("\ufeff"), True
    utf8 = _strictly(data, "utf_8")
    if utf8 is not None:
        return utf8.removeprefix("\ufeff"), honest and codec not in _WIDE
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf_16", "replace"), False
    return _as_well_as_may_be(data, codec), honest and codec not in (None, "utf_8")


def _as_well_as_may_be(data: bytes, codec: str | None) -> str:
    if codec in _ESCAPING or codec in _WIDE or codec in _MULTIBYTE:
        return data.decode(codec or "", "replace")
    if codec in (None, "utf_8", "utf_8_sig"):
        return _broken_utf8(data)
    text = _strictly(data, codec)
    return text if text is not None else data.decode(codec or "", "replace")


def _broken_utf8(data: bytes) -> str:
    """UTF-8 with some bytes broken, if anything beyond ASCII is good in it; else Windows-1252."""
    text = data.decode("utf_8", "replace")
    if any(char > "\x7f" for char in set(text) if char != "\ufffd"):
        return text
    return cp1252(data)


def cp1252(data: bytes) -> str:
    """Total: the five bytes that Windows-1252 hasn't become control characters, as browsers have it."""
    return data.decode("latin_1").translate(_C1)


def _strictly(data: bytes, codec: str | None) -> str | None:
    if codec == "cp1252":
        return cp1252(data)
    for attempt in (codec, _SECOND_TRY.get(codec or "")):
        if attempt:
            try:
                text = data.decode(attempt)
            except (UnicodeError, LookupError):
                continue
            return text if attempt != "utf_7" else _SURROGATE.sub("\ufffd", text)
    if codec == "iso2022_jp_ext" and _HIGH.search(data) is None:
        return _strictly(_japanese_of_vendors(data), "euc_jis_2004")
    return None


def _japanese_of_vendors(data: bytes) -> bytes:
    """ISO-2022-JP as EUC-JP, whose decoder knows what vendors put into JIS X 0208 (circled digits, `㈱`)."""
    euc = _JIS_RUN.sub(lambda run: bytes(byte | 0x80 for byte in run[1]), data)
    return _JIS_ASCII.sub(b"", euc)
