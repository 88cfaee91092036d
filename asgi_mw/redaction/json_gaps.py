"""Say what may stand between the strings of JSON, whole or cut."""

from __future__ import annotations

import re

# A byte order mark as Latin-1; the packet type that Socket.IO and SockJS write before JSON.
START = re.compile(r"(?:\xef\xbb\xbf)?(?:(?:[0-9]{1,8}|[a-z])(?=[\[{]))?")

# RFC 8259 section 2, and U+001E before each text of a JSON text sequence (RFC 7464).
BLANKS = " \t\r\n\x1e"
SPACE = rf"[{BLANKS}]"
# What may stand between two strings.  A value is followed by a separator, and a bare word is one
# of JSON's: otherwise a stray quote has swapped the inside and the outside of strings.
_BARE = r"(?:-?[0-9][0-9.eE+-]*+|true|false|null|-?Infinity|NaN)"  # Python writes the last two
_CUT_BARE = r"(?:-|tr?u?|fa?l?s?|nu?l?|-?In?f?i?n?i?t?|Na?)\Z"
_STEP = rf"(?:[,:\[{{\]}}]{SPACE}*+|{_BARE}{SPACE}*+(?=[,\]}}]))"
GAP = re.compile(rf"{SPACE}*+{_STEP}*+\Z")
GAP_AFTER_VALUE = re.compile(rf"{SPACE}*+[,\]}}]{SPACE}*+{_STEP}*+\Z")
LAST_GAP = re.compile(rf"{SPACE}*+{_STEP}*+(?:{_BARE}{SPACE}*+|{_CUT_BARE})?\Z")
LAST_GAP_AFTER_VALUE = re.compile(
    rf"{SPACE}*+(?:[,\]}}]{SPACE}*+{_STEP}*+(?:{_BARE}{SPACE}*+|{_CUT_BARE})?)?\Z"
)
FIRST_GAP = re.compile(rf"{START.pattern}{SPACE}*+{_STEP}*+")
INNER_GAP = re.compile(rf"{SPACE}*+[:,\]}}]{SPACE}*+{_STEP}*+")
LAST = re.compile(rf"{SPACE}*+(?:[:,\]}}]{SPACE}*+{_STEP}*+(?:{_BARE}{SPACE}*+|{_CUT_BARE})?)?")
