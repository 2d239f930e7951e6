"""Which texts are commands, and which."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.commands import (
    VERBS,
    Address,
    Answer,
    Approve,
    Ask,
    Autofix,
    Batch,
    Budget,
    Ci,
    Config,
    Each,
    Fix,
    Help,
    Log,
    Packages,
    Plan,
    Reject,
    Retry,
    Review,
    Revise,
    Status,
    Steer,
    Stop,
    Sync,
    Undo,
    Words,
    type_of_command,
    verb_of,
)
from bot.grammar import further, parse
from bot.slips import DidYouMean, LateOption, Misused, NoSuchOption, NoValue

COMMANDS: list[tuple[str, type_of_command]] = [
    ("/agent fix", Fix("")),
    ("/agent fix this", Fix("this")),
    ("/agent fix: this", Fix("this")),
    ("/agent make it faster", Words("make it faster")),
    ("/agent\nmake it faster", Words("make it faster")),
    ("/agent fix\nwith two\n\nparagraphs", Fix("with two\n\nparagraphs")),
    ("/agent fix one\ntwo", Fix("one\ntwo")),
    ("/agent fix -- --model is wrong", Fix("--model is wrong")),
    ("/agent fix --", Fix("")),
    ("/agent fixture is broken", Words("fixture is broken")),
    ("/agent the stop button is broken", Words("the stop button is broken")),
    ("/agent", Help()),
    ("/agent   \n\n", Help()),
    ("/agent help", Help()),
    ("/agent HELP", Help()),
    ("/agent status", Status()),
    ("/agent Status?", Status()),
    ("/agent stop", Stop()),
    ("/agent stop!", Stop()),
    ("/agent stop --discard", Stop(discard=True)),
    ("/agent stop at once, please", Stop()),
    ("/Agent Fix This", Fix("This")),
    ("/agent\tfix this", Fix("this")),
    ("/agent\u00a0fix this", Fix("this")),
    ("/agent fix this\r\nand that\r\n", Fix("this\nand that")),
    ("/agent fix this\rand that", Fix("this\nand that")),
    ("Thanks!\n/agent fix it", Fix("it")),
    ("Thanks!\n\n   /agent fix it", Fix("it")),
    ("/agent fix it\n/agent stop", Fix("it")),
    ("/agent fix it\n> /agent stop", Fix("it\n> /agent stop")),
    ("> /agent stop\n\n/agent fix it", Fix("it")),
    ("```\n/agent stop\n```\n/agent fix it", Fix("it")),
    ("/agent fix it:\n```\nlog\n```", Fix("it:\n```\nlog\n```")),
    ("- one\n- two\n/agent fix it", Fix("it")),
    ("- one\n\n  /agent fix it", Fix("it")),
    ("<!-- hidden -->\n/agent fix it", Fix("it")),
    ("<!-- hidden\n/agent stop\n-->\n/agent fix it", Fix("it")),
    # An unfinished comment inside a line hides nothing: it is shown as it stands.
    ("see <!-- this\n/agent fix it", Fix("it")),
    # The line of dashes makes a heading of the command, which a signature often does.
    ("/agent fix it\n--\nMaria", Fix("it\n--\nMaria")),
    ("/agent \u200bfix \u202ethis", Fix("this")),
    ("/ag\u2060ent fix it", Fix("it")),
    ("/agent plan", Plan("")),
    ("/agent plan --model big the rewrite", Plan("the rewrite", model="big")),
    ("/agent ask why?", Ask("why?")),
    ("/agent ask", Misused("ask")),
    ("/agent review", Review("")),
    ("/agent review the tests", Review("the tests")),
    ("/agent approve", Approve("")),
    ("/agent approve `7FD1C0DE`", Approve("7fd1c0de")),
    ("/agent approve this", Misused("approve")),
    ("/agent approve\n\nLooks great, thanks!", Approve("")),
    ("/agent approve 7fd1c0de\nOn Monday Li wrote:\n> a plan", Approve("7fd1c0de")),
    ("/agent approve\n7fd1c0de", Approve("7fd1c0de")),
    ("/agent approve this\n\nLooks great", Misused("approve")),
    ("/agent reject too large", Reject("too large")),
    ("/agent revise leave the tests alone", Revise("leave the tests alone")),
    ("/agent revise", Misused("revise")),
    ("/agent answer yes", Answer("yes")),
    ("/agent answer 2 the second one", Answer("the second one", number=2)),
    ("/agent answer 2: the second one", Answer("the second one", number=2)),
    ("/agent answer 2", Answer("2")),
    ("/agent answer 1b 2a", Answer(choices=((1, "b"), (2, "a")))),
    ("/agent answer", Misused("answer")),
    ("/agent 1b 2a", Answer(choices=((1, "b"), (2, "a")))),
    ("/agent 1B, 2a", Answer(choices=((1, "b"), (2, "a")))),
    ("/agent 3d printing is off", Words("3d printing is off")),
    ("/agent steer use Decimal", Steer("use Decimal")),
    ("/agent steer", Misused("steer")),
    ("/agent retry", Retry()),
    ("/agent retry --from=wip --model big", Retry(start="wip", model="big")),
    ("/agent retry --attempts=3 with care", Retry("with care", attempts="3")),
    ("/agent address", Address()),
    ("/agent address the naming first", Address("the naming first")),
    ("/agent ci", Ci()),
    ("/agent ci run", Ci(run=True)),
    ("/agent ci is slow", Misused("ci")),
    ("/agent autofix on", Autofix(on=True)),
    ("/agent autofix OFF", Autofix(on=False)),
    ("/agent autofix", Misused("autofix")),
    ("/agent sync", Sync()),
    ("/agent sync the clocks", Misused("sync")),
    ("/agent sync\n\nThanks", Sync()),
    ("/agent ci run\n-- \nMaria", Ci(run=True)),
    ("/agent autofix off\nIt is too eager.", Autofix(on=False)),
    ("/agent config\nThanks", Config()),
    ("/agent budget +$1\nThanks", Budget(usd=1.0)),
    ("/agent log\nThanks", Log()),
    ("/agent batch\n#12\n#15", Batch((12, 15))),
    ("/agent undo last", Undo(("last",))),
    ("/agent undo `a.py` b/c.py", Undo(("a.py", "b/c.py"))),
    ("/agent undo", Misused("undo")),
    ("/agent undo \"a b.py\" 'c d/e.py' `f g.py`", Undo(("a b.py", "c d/e.py", "f g.py"))),
    ("/agent undo a.py\nb.py\n\nThat was too much.", Undo(("a.py", "b.py"))),
    ("/agent budget +$1", Budget(usd=1.0)),
    ("/agent budget $0.50", Budget(usd=0.5)),
    ("/agent budget +100k", Budget(tokens=100_000)),
    ("/agent budget +1.5M", Budget(tokens=1_500_000)),
    ("/agent budget +20steps", Budget(turns=20)),
    ("/agent budget +1 turn", Budget(turns=1)),
    ("/agent budget +10m", Budget(minutes=10.0)),
    ("/agent budget +2.5 minutes", Budget(minutes=2.5)),
    ("/agent budget +2.5steps", Misused("budget")),
    ("/agent budget +10h", Misused("budget")),
    ("/agent budget +$10m", Misused("budget")),
    ("/agent budget +1", Misused("budget")),
    ("/agent budget +$0", Misused("budget")),
    ("/agent budget -$1", Misused("budget")),
    ("/agent budget +$1k", Misused("budget")),
    ("/agent packages yes", Packages(allow=True)),
    ("/agent packages no", Packages(allow=False)),
    ("/agent packages 2", Packages(allow=True, number=2)),
    ("/agent packages six", Misused("packages")),
    ("/agent packages", Misused("packages")),
    ("/agent log", Log()),
    ("/agent log 12", Log(12)),
    ("/agent log in is broken", Misused("log")),
    ("/agent batch #12 #15", Batch((12, 15))),
    ("/agent batch --max=5 #12, label:bug", Batch((12,), ("bug",), "5")),
    ("/agent batch #12 #15 label:bug --max=5", Batch((12, 15), ("bug",), "5")),
    ("/agent batch", Misused("batch")),
    ("/agent batch 12", Misused("batch")),
    ("/agent each", Each()),
    ("/agent each --max 3", Each("3")),
    ("/agent config", Config()),
    ("/agent rety", DidYouMean("rety", "retry")),
    ("/agent sotp", DidYouMean("sotp", "stop")),
    ("/agent stauts", DidYouMean("stauts", "status")),
    ("/agent fx", DidYouMean("fx", "fix")),
    ("/agent hlep", DidYouMean("hlep", "help")),
    ("/agent aprove", DidYouMean("aprove", "approve")),
    ("/agent rety\nplease", DidYouMean("rety", "retry")),
    ("/agent rety the download", Words("rety the download")),
    ("/agent Stpo --discard", DidYouMean("Stpo", "stop")),
    ("/agent aprove deadbeef", DidYouMean("aprove", "approve")),
    ("/agent bacth #3 #4", DidYouMean("bacth", "batch")),
    ("/agent bacth label:bug --max=5", DidYouMean("bacth", "batch")),
    ("/agent rety \u2014from wip", DidYouMean("rety", "retry")),
    ("/agent budgte +$1", DidYouMean("budgte", "budget")),
    ("/agent pakages no", DidYouMean("pakages", "packages")),
    ("/agent lgo 12", DidYouMean("lgo", "log")),
    ("/agent bacth #3 is slow", Words("bacth #3 is slow")),
    ("/agent steps 12", Words("steps 12")),
    ("/agent hi", Words("hi")),
    ("/agent fix --model=big this", Fix("this", model="big")),
    ("/agent fix --model big this", Fix("this", model="big")),
    ("/agent fix --model big\nthis", Fix("this", model="big")),
    ("/agent fix this --model big", LateOption("fix", "--model")),
    ("/agent fix this --model=big\nand that", LateOption("fix", "--model")),
    ("/agent --model big make it faster", Fix("make it faster", model="big")),
    ("/agent make it faster --MODEL big", LateOption("fix", "--model")),
    ("/agent fix \u2014model big this", Fix("this", model="big")),
    ("/agent fix --model `big` this", Fix("this", model="big")),
    ("/agent fix --model big -- --model is wrong", Fix("--model is wrong", model="big")),
    ("/agent fix --model small --model big", Fix("", model="big")),
    ("/agent fix the --model big option", Fix("the --model big option")),
    ("/agent fix the option --model", Fix("the option --model")),
    ("/agent fix -- crash with --model big", Fix("crash with --model big")),
    ("/agent fix it\n--model big", Fix("it\n--model big")),
    ("/agent fix `crash --model big`", Fix("`crash --model big`")),
    ("/agent fix crash with --verbose", Fix("crash with --verbose")),
    ("/agent fix --attempts 3 this", Fix("this", attempts="3")),
    ("/agent --model big --attempts=2 this", Fix("this", model="big", attempts="2")),
    ("/agent fix \u2014attempts many", Fix("", attempts="many")),
    ("/agent fix --attempts", NoValue("fix", "--attempts")),
    ("/agent fix --model", NoValue("fix", "--model")),
    (
        "/agent fix --budget $2 --paths=src/,docs/ this",
        Fix("this", budget="$2", paths="src/,docs/"),
    ),
    ("/agent fix --base next --budget 200k", Fix("", base="next", budget="200k")),
    ("/agent fix --budget little", NoValue("fix", "--budget")),
    ("/agent fix --budget=$0", NoValue("fix", "--budget")),
    ("/agent fix --budget 0.0k", NoValue("fix", "--budget")),
    ("/agent fix --budget $0.00001", NoValue("fix", "--budget")),
    ("/agent each --max many", NoValue("each", "--max")),
    ("/agent retry --from yesterday", NoValue("retry", "--from")),
    ("/agent fix --model=", NoValue("fix", "--model")),
    ("/agent fix --model= this", NoValue("fix", "--model")),
    ('/agent fix --model "big one" this', Fix("this", model="big one")),
    ("/agent fix --models big", NoSuchOption("fix", "--models")),
    ("/agent fix --model big --drafts", NoSuchOption("fix", "--drafts")),
    ("/agent review --draft", NoSuchOption("review", "--draft")),
    ("/agent fix --draft", Fix("", draft="yes")),
    ("/agent fix --ready --quiet this", Fix("this", ready="yes", quiet="yes")),
    ("/agent fix --no-pr --plan --new", Fix("", no_pr="yes", plan="yes", new="yes")),
    ("/agent fix --time 20m --effort=High this", Fix("this", time="20m", effort="High")),
    ("/agent plan --time=2h --effort low", Plan("", time="2h", effort="low")),
    ("/agent ask --effort high --quiet why?", Ask("why?", effort="high", quiet="yes")),
    ("/agent retry --time 2H", Retry(time="2H")),
    ("/agent fix --time soon", NoValue("fix", "--time")),
    ("/agent fix --effort much", NoValue("fix", "--effort")),
    ("/agent fix --test \"pytest -k 'tax'\" this", Fix("this", test="pytest -k 'tax'")),
    ("/agent fix --test `make check` this", Fix("this", test="make check")),
    ('/agent fix --test "pytest -q', NoValue("fix", "--test")),
    ("/agent fix the option --no-pr", LateOption("fix", "--no-pr")),
    # What stands below is heard, or else nothing is done.
    ("/agent each\n--max=3", Misused("each")),
    ("/agent each\n\nthe first three", Misused("each")),
    ("/agent batch #12\n#15", Batch((12, 15))),
    ("/agent batch #12\n- #15", Misused("batch")),
    ("/agent packages 1\nno, wait", Misused("packages")),
    ("/agent packages yes\nThanks!", Misused("packages")),
    ("/agent ci run\n--quiet", Misused("ci")),
    ("/agent sync\n\N{EM DASH}max 3", Misused("sync")),
    ("/agent autofix on\nfor #12", Misused("autofix")),
    ("/agent budget +$2\nlabel:bug", Misused("budget")),
    ("/agent sync\n\N{EM DASH}Li\n-- \nsent from a train", Sync()),
]

NOTHING = [
    "",
    "fix this",
    "agent fix this",
    "/agents fix this",
    "/agent-fix this",
    "/agent_fix",
    "/agentfix",
    "/agent/fix",
    "/agent, fix this",
    "please /agent fix this",
    "x/agent fix this",
    "//agent fix this",
    "\\/agent fix this",
    "&#47;agent fix this",
    "[/agent fix](https://example.org)",
    "**/agent fix**",
    "# /agent fix",
    "- /agent fix",
    "1. /agent fix",
    "> /agent fix",
    ">/agent fix",
    "> quoted\n/agent fix",
    "> > deep\n> /agent fix",
    "> - in a list\n/agent fix",
    "- > quoted\n/agent fix",
    "On Monday Li wrote:\n> /agent fix this\n> thanks",
    "`/agent fix`",
    "`\n/agent fix\n`",
    "``a\n/agent fix`` b",
    "```\n/agent fix\n```",
    "```\n/agent fix",
    "````\n```\n/agent fix\n```\n````",
    "~~~\n/agent fix\n~~~",
    "~~~ sh\n/agent fix\n```\n",
    "- a\n  ```\n  /agent fix\n  ```",
    "- a\n\n      /agent fix",
    "1. a\n   - b\n     ~~~\n     /agent fix\n     ~~~",
    "    /agent fix",
    "\t/agent fix",
    "<!-- /agent fix -->",
    "<!--\n/agent fix\n-->",
    "<!--\n/agent fix",
    "see <!-- a\n/agent fix\n--> b",
    "<!--\r\n/agent fix\r\n-->",
    "<pre>\n/agent fix\n</pre>",
    "<details>\n/agent fix\n</details>",
    "<div\n/agent fix\n>",
    "| /agent fix | b |\n|---|---|\n| c | d |",
    "| a |\n|---|\n/agent fix",
    "![\n/agent fix\n](https://example.org/x.png)",
    "[a]: https://example.org (\n/agent fix\n)",
    "/\u0430gent fix",
    "/agent\u2003fix this"[:6] + "\u2003fix this",
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_a_command_is_read(text: str, command: type_of_command) -> None:
    assert parse(text) == command


@pytest.mark.parametrize("text", NOTHING)
def test_everything_else_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_command_or_is_said_to_lack_something(verb: str) -> None:
    command = parse(f"/agent {verb}")
    assert command is not None
    assert command == Misused(verb) or verb_of(command) == verb


def test_what_is_asked_for_behind_the_first_command_can_be_named() -> None:
    text = "/agent fix do it\n> /agent each\n\n/agent stop\n```\n/agent undo last\n```"
    assert further(text) == ("/agent stop",)
    assert further("/agent fix do it") == further("") == ()


@pytest.mark.parametrize("argument", ["1234567", "label:a,label:b", "abcdef0", "+$1", "1a"])
def test_many_words_behind_a_slip_are_read_at_once(argument: str) -> None:
    many = f"{argument} " * 200
    assert parse(f"/agent bacth {many}") == DidYouMean("bacth", "batch")
    assert parse(f"/agent bacth {many}zz") == Words(f"bacth {many}zz")


def test_the_command_word_can_be_chosen() -> None:
    assert parse("/patch fix it", "/patch") == Fix("it")
    assert parse("/agent fix it", "/patch") is None
    assert parse("/PATCH-BAY help", "/patch-bay") == Help()


lines = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=30)
markdown = st.lists(
    lines | st.sampled_from(["/agent fix", "/agent", "```", "~~~", "> ", "<!--", "-->", "- ", "`"]),
    max_size=8,
).map("\n".join)


@given(text=st.text(max_size=200) | markdown)
@settings(max_examples=500, deadline=None)
@example("/agent \ue000")
@example("/\ue0000\ue001")
@example("/agent fix\n/\ue0007\ue001 x")
def test_no_text_raises(text: str) -> None:
    parse(text)


@given(text=markdown)
@settings(max_examples=300, deadline=None)
def test_nothing_in_a_quotation_is_a_command(text: str) -> None:
    assert parse("\n".join(f"> {line}" for line in text.split("\n"))) is None


@given(text=markdown)
@settings(max_examples=300, deadline=None)
def test_nothing_in_a_fence_is_a_command(text: str) -> None:
    fence = "`" * 40
    assert parse(f"{fence}\n{text}\n{fence}") is None


@given(text=markdown.filter(lambda text: "-->" not in text))
@settings(max_examples=300, deadline=None)
def test_nothing_in_a_comment_is_a_command(text: str) -> None:
    assert parse(f"<!--\n{text}\n-->") is None


@given(text=markdown)
@settings(max_examples=300, deadline=None)
def test_line_ends_make_no_difference(text: str) -> None:
    assert parse(text) == parse(text.replace("\n", "\r\n"))


@given(word=st.text(st.characters(whitelist_categories=["Ll", "Nd"]), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_a_command_word_inside_a_longer_word_is_none(word: str) -> None:
    assert parse(f"/agent{word} fix") is None
    assert parse(f"{word}/agent fix") is None


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "`" * 60_000, ">" * 60_000, "- " * 30_000, "![[" * 20_000, "|a" * 30_000],
)
def test_the_longest_comment_is_read_in_bounded_time(text: str) -> None:
    assert parse(f"{text}\n\n/agent fix it") in {Fix("it"), None}
