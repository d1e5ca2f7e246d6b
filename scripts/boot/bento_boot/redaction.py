"""
What must not leave the instance by its log: a pattern of the values of its secrets, which Vector replaces in each line
(service_files/vector.yaml). Programs print them in forms of their own: the broker prints an address as
`Url { ... path: "/v2/KEY", query: Some("apikey=...") ... }` (the url crate's Debug), which has no `://`.
"""

import base64
import json
import re
from typing import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

from .refusal import Refusal

# What is shorter, or is a word such as `base_sepolia`, also stands in lines that hold no secret: it is replaced only as a
# part of an address.
SHORT = 8
_WORD = re.compile(r"[a-z_.-]{1,19}|v\d+")
# Of values that were secret before: lines with them may still wait to be sent.
EARLIER = 200
# An environment holds 128 KiB in one variable (execve(2), MAX_ARG_STRLEN); the pattern has four characters for one.
LONGEST = 100_000
# What encoders leave as it is: the boot, encodeURIComponent, and the url crate in user and password, and in a path.
ENCODERS = ("", "!'()*~", "!$&'()*+,~", "!$&'()*+,;=:@/?~%")
ADDRESSES = ("rpc-urls", "order-stream-url")
NOTHING = r"\x00"


def _forms(value: str) -> set[str]:
    """A value as it is, decoded and encoded as in addresses, and escaped as in JSON and in Rust's Debug."""
    plain = {value, unquote(value)}
    encoded = {quote(text, safe=safe) for text in plain for safe in ENCODERS}
    escaped = {json.dumps(text, ensure_ascii=False)[1:-1] for text in plain}
    return {form for form in plain | encoded | escaped if form}


def _literal(value: str) -> str:
    """For a regular expression, a configuration in YAML and a string of VRL alike: no character stands for itself."""
    return "".join(f"\\x{ord(char):02x}" if ord(char) < 128 else f"\\x{{{ord(char):x}}}" for char in value)


def _is_known(value: str) -> bool:
    return len(value) >= SHORT and _WORD.fullmatch(value) is None


def _texts(value: str, *places: str) -> set[str]:
    """
    :param places: of a value that is short or a word: what an address looks like around it, with `{}` in its place
    """
    forms = _forms(value)
    return forms if _is_known(value) else {place.replace("{}", form) for form in forms for place in places}


def _of_address(address: str) -> set[str]:
    url = urlsplit(address)
    texts: set[str] = set()
    parts = [part for part in url.path.split("/") if part]
    texts = texts.union(*(_texts(part) for part in parts))
    # Most have a word or a version before the key, which is none.
    if parts and (not texts or any(len(part) < SHORT and not _WORD.fullmatch(part) for part in parts)):
        texts |= _texts(url.path, f"{url.hostname}{{}}", f"{url.hostname}:443{{}}", 'path: "{}"')
    for pair in url.query.split("&"):
        # Without a name, it may be the key itself.
        name, _, value = pair.rpartition("=")
        if value:
            start = f"{name}=" if name else ""
            texts |= _texts(value, *(f"{mark}{start}{{}}" for mark in ("?", "&", 'Some("')))
    if url.fragment:
        texts |= _texts(url.fragment, "#{}", 'fragment: Some("{}")')
    user, password = url.username or "", url.password or ""
    if user:
        texts |= _texts(user, "://{}@", "://{}:", 'username: "{}"')
    if password:
        texts |= _texts(password, ":{}@", 'password: Some("{}")')
    if user or password:
        # HTTP's basic authentication (RFC 7617).
        pair = f"{unquote(user)}:{unquote(password)}"
        texts |= _texts(base64.b64encode(pair.encode()).decode(), "Basic {}")
    return texts


def _of_secret(name: str, value: str) -> set[str]:
    if name in ADDRESSES:
        return set().union(*(_of_address(address.strip()) for address in value.split(",")))
    if name == "storage":
        # The id of the key is not secret: it shows which key is in use.
        return _texts(str(json.loads(value)["secretAccessKey"]), 'secretAccessKey": "{}"')
    if name == "wallet-key":
        return _texts(value.removeprefix("0x"))
    return _texts(value, ":{}@", "password={}", 'password: Some("{}")')


def alternatives(pattern: str) -> list[str]:
    """Those of a pattern that `pattern` made."""
    return [] if pattern == NOTHING else pattern.removeprefix("(?i:").removesuffix(")").split("|")


def pattern(secrets: Mapping[str, str], earlier: Iterable[str] = ()) -> str:
    """
    :param secrets: of the instance, by their short names
    :param earlier: alternatives of the previous pattern, the newest first; 200 of them stay
    :returns: a regular expression for Rust's regex crate, without regard to case
    :raises Refusal: when it is too long for an environment
    """
    texts = set().union(*(_of_secret(name, value) for name, value in secrets.items()))
    # Longer ones first: the first alternative that fits is taken (regex crate, "Syntax").
    present = [_literal(text) for text in sorted(texts, key=lambda text: (-len(text), text))]
    old = [text for text in earlier if text not in set(present)][:EARLIER]
    while old and len("|".join(present + old)) > LONGEST:
        old.pop()
    found = "|".join(present + old)
    if len(found) > LONGEST:
        raise Refusal("rpc-urls has too many addresses to keep all their keys out of the log: give fewer")
    return f"(?i:{found})" if found else NOTHING
