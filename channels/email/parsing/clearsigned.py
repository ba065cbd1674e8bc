"""Text signed in the open by OpenPGP (RFC 9580, 7): its words, and its signature. Linear."""

_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"


def take_signature_off(text: str) -> tuple[str, str]:
    """The text as it was before it was signed, what stands around it included, and the signature; "" for none."""
    begin = text.find(_BEGIN)
    signature = text.find("\n" + _SIGNATURE, begin)
    end = text.find("\n" + _END, signature)
    if min(begin, signature, end) < 0 or (begin and text[begin - 1] != "\n"):
        return text, ""
    blank = text.find("\n\n", begin, signature)
    start = blank + 2 if blank >= 0 else text.find("\n", begin) + 1
    signed = "\n".join(line.removeprefix("- ") for line in text[start:signature].split("\n"))
    after = text[end + 1 + len(_END) :]
    return text[:begin] + signed + after, text[signature + 1 : end + 1] + _END + "\n"
