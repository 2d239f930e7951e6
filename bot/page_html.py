"""Follows the HTML in a Markdown text: which of it a reader of the page sees, and what is hidden.

GitHub shows the words between tags and drops the rest; what a closed `<details>` holds is on the
page, but not before anybody's eyes. Where browsers differ, or a tag is left open, it is hidden.
"""

import html
import re
from dataclasses import dataclass, field

_PIECE = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    r"|<\?.*?(?:\?>|\Z)"
    r"|<!.*?(?:>|\Z)"
    r"""|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*+)(?P<rest>(?>[^>"']++|"[^"]*+"|'[^']*+')*+)>""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?"""
)
_KINDS = (("<!--", "a comment"), ("<![CDATA[", "a CDATA section"), ("<?", "an instruction"))
_VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input"),
        *("link", "meta", "param", "source", "track", "wbr"),
    }
)
_NOT_SHOWN = frozenset(
    {
        *("audio", "canvas", "datalist", "dialog", "head", "iframe", "math", "noembed", "noframes"),
        *("noscript", "object", "option", "plaintext", "script", "select", "style", "svg"),
        *("template", "textarea", "title", "video", "xmp"),
    }
)
_UNSEEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])"
)
_SHORT = 40


@dataclass(frozen=True)
class Removed:
    """One piece that a reader of the page does not see."""

    what: str
    text: str


@dataclass
class Html:
    """Where a text is in its HTML: what has been opened, and what was taken out so far."""

    removed: list[Removed] = field(default_factory=list)
    _open: list[tuple[str, bool]] = field(default_factory=list)
    """Names of open elements that matter, each with whether its words are seen."""
    _unseen: list[str] = field(default_factory=list)

    @property
    def shows(self) -> bool:
        """Whether words that stand here are seen."""
        return not self._open or self._open[-1][1]

    def show(self, text: str) -> str:
        """Return words that stand here, or nothing where nobody sees them."""
        if self.shows:
            return text
        self._unseen.append(text)
        return ""

    def read(self, fragment: str) -> str:
        """Go through HTML as it is written, and return the words of it that are seen."""
        shown: list[str] = []
        at = 0
        while (start := fragment.find("<", at)) >= 0:
            shown.append(self.show(html.unescape(fragment[at:start])))
            found = _PIECE.match(fragment, start)
            if found is None and re.match(r"</?[A-Za-z]", fragment[start:]):
                self.take_out("a tag without an end", fragment[start:])
                return "".join(shown)
            shown.append(self._piece(found) if found else self.show("<"))
            at = found.end() if found else start + 1
        return "".join((*shown, self.show(html.unescape(fragment[at:]))))

    def take_out(self, what: str, text: str) -> None:
        """Note a piece that is not seen."""
        self.removed.append(Removed(what, text.strip()))

    def end(self) -> None:
        """Close what was left open."""
        self._open.clear()
        self._note_unseen("what is folded away or not drawn")

    def _piece(self, found: re.Match[str]) -> str:
        if not found["name"]:
            kinds = (kind for start, kind in _KINDS if found[0].startswith(start))
            self.take_out(next(kinds, "a declaration"), found[0])
            return ""
        name = found["name"].lower()
        if found["end"]:
            self._close(name)
            return ""
        return self._tag(name, found["rest"])

    def _tag(self, name: str, rest: str) -> str:
        attributes = {
            key.lower(): html.unescape(next(filter(None, values), ""))
            for key, *values in _ATTRIBUTE.findall(rest)
        }
        self._note_attributes(name, attributes)
        if name not in _VOID:
            self._enter(name, attributes)
        match name:
            case "br":
                return self.show("\n")
            case "img" if attributes.get("src"):
                return self.show(f"![]({attributes['src']})")
            case "a" if attributes.get("href"):
                return self.show(f"<{attributes['href']}> ")
            case _:
                return ""

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        unseen = name in _NOT_SHOWN or _is_hidden(attributes)
        if name == "details":
            self._open.append((name, self.shows and not unseen and "open" in attributes))
        elif name == "summary" and self._open and self._open[-1][0] == "details":
            around = self._open[-2][1] if len(self._open) > 1 else True
            self._open.append((name, around and not unseen))
        elif unseen or any(name == each for each, _ in self._open):
            self._open.append((name, self.shows and not unseen))

    def _close(self, name: str) -> None:
        names = [each for each, _ in self._open]
        if name not in names:
            return
        del self._open[len(names) - 1 - names[::-1].index(name) :]
        if self.shows:
            self._note_unseen("what is folded away" if name == "details" else f"words in <{name}>")

    def _note_unseen(self, what: str) -> None:
        text = "".join(self._unseen)
        self._unseen.clear()
        if text.strip():
            self.take_out(what, text)

    def _note_attributes(self, name: str, attributes: dict[str, str]) -> None:
        """Note what only stands in a tag; sizes and single words are the usual thing there."""
        told = [
            f"{key}={value}" if value else key
            for key, value in attributes.items()
            if key not in {"href", "src"} and (len(value.split()) > 1 or len(value + key) > _SHORT)
        ]
        if told:
            self.take_out(f"attributes of <{name}>", " ".join(told))


def _is_hidden(attributes: dict[str, str]) -> bool:
    return "hidden" in attributes or bool(_UNSEEN_STYLE.search(attributes.get("style", "").lower()))
