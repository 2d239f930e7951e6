"""Makes text of a model, a repository or a stranger harmless in Markdown: shown, never obeyed.

Nothing that comes out of here mentions a person, refers to an issue, links, loads an image, closes
a block that it did not open, or holds HTML other than empty comments and `<code>`.
"""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.plain_text import cut, one_line, visible

_SPANS = MarkdownIt("zero").enable(["backticks", "emphasis", "balance_pairs"])
_EMPHASIS = {"strong_open": "**", "strong_close": "**", "em_open": "*", "em_close": "*"}
_BLOCKS = MarkdownIt("zero").enable(["backticks", "fence", "code", "list", "heading", "blockquote"])
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&vert;"})
# An underscore within a word is no emphasis in GitHub's Markdown, and names are read with it.
_MARKUP = re.compile(r"[\\`*\[\]~$]|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^([#+=-])|^(\d{1,9})([.)])(?=\s|$)")
# A comment in between is what keeps GitHub from seeing a person, an issue or an address: unlike an
# invisible character it is gone when the text is copied.
_BREAK = "<!-- -->"
_CALLS_OR_CLOSES = re.compile(
    r"@(?=[\w-])|#(?=\d)|\bGH(?=-\d)"
    # The address of an issue; other links stay what they are.
    r"|://(?=[\w.:-]{1,100}/[\w.-]{1,100}/[\w.-]{1,100}/(?:issues|pull)/\d)",
    re.IGNORECASE,
)
_DOES_NOTHING = re.compile(
    r"<!--(?:(?!<!--).)*?-->"
    r"|^ {0,3}(?P<fence>`{3,}|~{3,})[^`\n]*\n(?:.*?\n)?? {0,3}(?P=fence)[`~]*[ \t]*$"
    r"|(?<!`)(?P<ticks>`+)(?!`)[^\r\n]+?(?<!`)(?P=ticks)(?!`)",
    re.DOTALL | re.MULTILINE,
)
"""Comments, fenced code and code within a line, as far as they are closed."""
_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)")
_LEAVES_DOUBT = re.compile(r"[`<]|\\$")
"""What may turn code beside it into something else: HTML, or a span that is open or escaped."""
_REFERENCES = re.compile(r"(@|#(?=\d)|\bGH(?=-\d)|://|\bwww(?=\.))", re.IGNORECASE)


def words(text: str, limit: int = 300) -> str:
    """Return the text as one line of Markdown; only its code and its emphasis stay markup."""
    return _line(text, limit, code)


def cell(text: str, limit: int = 300) -> str:
    """Return the text for a cell of a table, where a bar ends the cell even in code."""
    return _line(text, limit, _code_in_cell) or " "


def code(text: str, limit: int = 300) -> str:
    """Return the text as one code span."""
    line = one_line(text, limit)
    if not line:
        return ""
    fence = "`" * (_longest_run(line, "`") + 1)
    space = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{space}{line}{space}{fence}"


def block(text: str, limit: int = 8_000, language: str = "") -> str:
    """Return the text as a fenced block."""
    shown = cut(visible(text), limit)
    fence = "`" * max(3, _longest_run(shown, "`") + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def quoted(text: str, limit: int = 8_000) -> str:
    """Return the text as a quotation that keeps paragraphs, lists, emphasis and code, no more."""
    return "\n".join(f"> {line}".rstrip() for line in paragraphs(text, limit).split("\n"))


def paragraphs(text: str, limit: int = 8_000) -> str:
    """Return the text with what `quoted` keeps of it, where it stands among other words."""
    root = SyntaxTreeNode(_BLOCKS.parse(cut(visible(text).strip(), limit)))
    return "\n".join(_blocks(root, limit) or ["…"])


def without_references(markdown: str) -> str:
    """Return Markdown of the repository's own, with nobody called and no issue closed by it.

    In code and in comments nothing is called or closed, and a break would show, or end them.
    """
    parts, at = [], 0
    for start, end in [*_surely_doing_nothing(markdown), (len(markdown), len(markdown))]:
        parts.append(_CALLS_OR_CLOSES.sub(rf"\g<0>{_BREAK}", markdown[at:start]))
        parts.append(markdown[start:end])
        at = end
    return "".join(parts)


def _surely_doing_nothing(markdown: str) -> list[tuple[int, int]]:
    """Return where code and comments are, without what GitHub may read in another way."""
    sure: list[tuple[int, int]] = []
    in_paragraph: list[tuple[int, int]] = []
    doubt, at = False, 0
    for found in [*_DOES_NOTHING.finditer(markdown), None]:
        between = markdown[at : found.start() if found else len(markdown)]
        first, *others = _BLANK_LINE.split(between)
        doubt = doubt or bool(_LEAVES_DOUBT.search(first))
        if others or found is None:
            sure += [] if doubt else in_paragraph
            if doubt and any("\n" in markdown[start:end] for start, end in in_paragraph):
                break  # where that ends is in doubt too, and so is what follows
            in_paragraph, doubt = [], bool(others and _LEAVES_DOUBT.search(others[-1]))
        if found:
            at = found.end()
            before = markdown[max(0, found.start() - 1) : found.start()]
            is_at_margin = before in {"", "\n"} and not found[0].startswith(" ")
            if is_at_margin and found[0][0] == "<" and not _BLANK_LINE.search(found[0]):
                sure.append(found.span())
                continue
            in_paragraph.append(found.span())
            # In a list or a quotation it ends where that does.
            doubt = doubt or ("\n" in found[0] and not is_at_margin)
    return sorted(sure)


def plain(text: str, limit: int = 200) -> str:
    """Return one line for where no Markdown is read: titles and commit messages."""
    # Addresses go first: what is left without one could be a reference.
    line = re.sub(r"[a-z0-9+.-]{0,20}://", "", one_line(text, limit), flags=re.IGNORECASE)
    line = re.sub(r"@(?=[\w-])", "@ ", line)
    line = re.sub(r"#(?=\d)", "# ", line)
    line = re.sub(r"\bGH-(?=\d)", "GH ", line, flags=re.IGNORECASE)
    return re.sub(r"\[([^\]]*(?:ci|actions|checks)[^\]]*)\]", r"(\1)", line, flags=re.IGNORECASE)


def _line(text: str, limit: int, show_code: Callable[[str, int], str]) -> str:
    spans = _SPANS.parseInline(one_line(text, limit))[0].children or []
    parts = [
        show_code(span.content, limit)
        if span.type == "code_inline"
        else _EMPHASIS.get(span.type) or _escaped(span.content)
        for span in spans
    ]
    if parts and spans[0].type == "text":
        parts[0] = _LINE_START.sub(_escape_line_start, parts[0], count=1)
    return "".join(parts)


def _code_in_cell(text: str, limit: int) -> str:
    # Parsers differ in what a backslash before a bar means, so no bar is left in a cell at all.
    return code(text, limit) if "|" not in text else f"<code>{_escaped(text)}</code>"


def _escaped(text: str) -> str:
    # References are broken last: what breaks them is markup.
    escaped = _MARKUP.sub(r"\\\g<0>", text.translate(_HTML))
    return _REFERENCES.sub(rf"\1{_BREAK}", escaped)


def _escape_line_start(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _longest_run(text: str, letter: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(letter)}+", text)), default=0)


def _blocks(node: SyntaxTreeNode, limit: int) -> list[str]:
    lines: list[str] = []
    for child in node.children:
        shown = _block(child, limit)
        if lines and shown:
            lines.append("")
        lines += shown
    return lines


def _block(node: SyntaxTreeNode, limit: int) -> list[str]:
    match node.type:
        case "paragraph" | "heading":
            text = node.children[0].content
            return [words(line, limit) for line in text.split("\n")]
        case "fence" | "code_block":
            return block(node.content.rstrip("\n"), limit).split("\n")
        case "bullet_list" | "ordered_list":
            ordered = node.type == "ordered_list"
            return [
                line
                for number, item in enumerate(node.children, 1)
                for line in _item(item, f"{number}." if ordered else "-", limit)
            ]
        case "blockquote":
            return [f"> {line}".rstrip() for line in _blocks(node, limit)]
        case _:
            return []


def _item(node: SyntaxTreeNode, bullet: str, limit: int) -> list[str]:
    first, *others = _blocks(node, limit) or ["…"]
    indent = " " * (len(bullet) + 1)
    return [f"{bullet} {first}", *(f"{indent}{line}".rstrip() for line in others)]
