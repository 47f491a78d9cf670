"""The conversation: from what is remembered and a batch of messages to the acts that answer it. Pure.

1. Messages that arrived together are one batch and get one reply. Reactions ask for nothing.
2. The last command wins: *hapus data saya* and *berhenti* before anything else, so that both work at any time.
3. What is forwarded, and what has more than three words, is news to be checked; of what was typed beside news only the
   news counts ("betul ko?"). Up to three words alone are a search.
4. After *laporkan*, what is typed and not forwarded is added to the report, until something else is asked for. To look
   up a ticket opens nothing, and closes no question of an officer.
5. A number, or a button, means what the reply that offered it said (``state.py``).
6. Words that stand on a button of the last reply mean the button. After the question whether everything is to be erased
   "ya" means yes. After an officer's question "ya", "tidak" and a number answer the officer.
7. *Laporkan* beside news in one batch reports that news; it is answered all the same. Beside none it means the last.
8. "Bukan itu, maksud saya …" denies the last answer and goes on with what was meant: it is added to the report about
   that news, where there is one, and checked otherwise. So is a further picture added.
9. An e-mail address alone, after a report, is where to write what cannot be told here.
10. A file that is not read waits for its words: what is typed next is news that came with it. *Laporkan* asks for them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from classifiers.text.normalise import says_nothing
from hoax_tracker.check.answers.short_messages import is_search
from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.tipline.conversation.commands import Command, ReadCommand, read_command, says_same
from hoax_tracker.tipline.conversation.state import ChatState, Subject
from hoax_tracker.tipline.messages import IncomingMessage

ITEMS_MOST = 5
"""Pieces of news that one batch is answered for; of more the resident is asked to send the others again."""
SILENT_KINDS = frozenset({"reaction", "identity_changed"})
ANSWERS_TO_OFFICERS = frozenset({Command.SAME, Command.NOT_SAME, Command.NUMBER})
LARGEST_ID = 2**31 - 1


class ActKind(enum.Enum):
    """What is done for a batch."""

    INTRODUCE = "introduce"
    GREET = "greet"
    THANK = "thank"
    HELP = "help"
    STOP = "stop"
    RESUME = "resume"
    ASK_ERASURE = "ask_erasure"
    ERASE = "erase"
    SET_LANGUAGE = "set_language"
    CHECK = "check"
    SEARCH = "search"
    READ_PICTURE = "read_picture"
    DECLINE = "decline"
    SHOW_PAGE = "show_page"
    CONFIRM_SAME = "confirm_same"
    DENY_SAME = "deny_same"
    REPORT = "report"
    COUNT_SIGHTING = "count_sighting"
    ADD = "add"
    FOLLOW = "follow"
    SET_MAIL = "set_mail"
    ASK_NEWS = "ask_news"
    MANY = "many"
    MOVE = "move"
    DELIVER = "deliver"


KEPT_WHEN_BLOCKED = frozenset(
    {ActKind.ERASE, ActKind.ASK_ERASURE, ActKind.STOP, ActKind.RESUME, ActKind.MOVE, ActKind.SET_MAIL}
)
KEEPS_TICKET = frozenset({ActKind.ADD, ActKind.THANK, ActKind.SET_MAIL})


@dataclass(frozen=True, slots=True)
class Act:
    """One act. ``text`` is news, an addition or a language; ``about`` is the remembered news it refers to.

    ``page`` is the id of a page; ``ticket`` a ticket; ``media_id`` and, where the channel says it, ``media_sha256`` are
    those of a file that came with it; ``kind_declined`` the kind of a message that is not read.
    ``file_id`` and ``file_kind``: the file that the news came with, in this message or in the one before.
    ``is_quiet``: nothing is said of it, because an officer reads it. ``is_asked``: an officer asked for it.
    ``is_reported``: news that came with *laporkan*; ``about`` then has the number that its report is known by.
    ``hands``: 1 for news that was forwarded, 2 for news that the channel says went from hand to hand. ``meant``: what
    somebody who denies an answer says that they meant.
    """

    kind: ActKind
    text: str = ""
    about: Subject | None = None
    page: int = 0
    ticket: str = ""
    media_id: str = ""
    media_sha256: str = ""
    kind_declined: str = ""
    is_reported: bool = False
    hands: int = field(default=0, compare=False)
    meant: str = ""
    file_id: str = ""
    file_kind: str = ""
    is_quiet: bool = False
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The acts for a batch, and the state as the batch leaves it before the acts add to it."""

    acts: tuple[Act, ...]
    state: ChatState


def plan_batch(state: ChatState, messages: Sequence[IncomingMessage]) -> Plan:
    """Return what is done for the messages of a batch, in the order of their arrival."""
    moves = tuple(Act(ActKind.MOVE, text=one.new_sender) for one in messages if one.kind == "identity_changed")
    spoken = [one for one in messages if one.kind not in SILENT_KINDS]
    if not spoken:
        return Plan(moves, state)
    acts = tuple(_list_acts(state, spoken))
    introduction = () if state.is_introduced else (Act(ActKind.INTRODUCE),)
    if introduction and all(act.kind is ActKind.GREET for act in acts):
        acts = ()  # the introduction greets
    mail = next((act.text for act in reversed(acts) if act.kind is ActKind.SET_MAIL), state.mail)
    language = next((act.text for act in reversed(acts) if act.kind is ActKind.SET_LANGUAGE), state.language)
    is_asked = state.is_asked and all(act.kind is ActKind.FOLLOW for act in acts)
    open_ticket = state.open_ticket if is_asked or any(act.kind in KEEPS_TICKET for act in acts) else ""
    left = replace(state, is_introduced=True, language=language, mail=mail, open_ticket=open_ticket, is_asked=is_asked)
    return Plan((*moves, *introduction, *acts), left)


def plan_for_blocked(plan: Plan) -> Plan:
    """Return what is left of a plan where an officer blocked the conversation: nobody is kept from what is theirs."""
    return replace(plan, acts=tuple(act for act in plan.acts if act.kind in KEPT_WHEN_BLOCKED))


def plan_for_officer(state: ChatState, messages: Sequence[IncomingMessage]) -> Plan:
    """Return what is done while an officer reads: words and pictures go to the report, and the machine is silent.

    What is always the person's own (erasure, silence) is done all the same, and what nobody can read is declined.
    """
    own_plan = plan_for_blocked(plan_batch(state, messages))
    left = replace(state, is_introduced=True)
    if any(act.kind is not ActKind.MOVE for act in own_plan.acts):
        return Plan(own_plan.acts, replace(own_plan.state, open_ticket=state.open_ticket))
    return Plan((*own_plan.acts, *_list_additions(state, messages)), left)


def _list_additions(state: ChatState, messages: Sequence[IncomingMessage]) -> Iterator[Act]:
    """Yield what reaches the officer: the words of the batch together, and each picture."""
    spoken = [one for one in messages if one.kind not in SILENT_KINDS]
    texts = [one.text.strip() for one in spoken if one.kind in ("text", "choice")]
    if words := "\n".join(text for text in texts if not says_nothing(text) or any(map(str.isdecimal, text))):
        yield Act(ActKind.ADD, text=words, ticket=state.open_ticket, is_quiet=True)
    for message in spoken:
        if message.kind not in ("text", "choice"):
            file = _act_of_media(replace(state, open_ticket=""), message, message.text.strip())
            kind = ActKind.ADD if message.kind == "image" else ActKind.DECLINE
            yield replace(
                file, kind=kind, ticket=state.open_ticket, is_quiet=True, kind_declined=message.kind, is_reported=False
            )


def _list_acts(state: ChatState, messages: Sequence[IncomingMessage]) -> Iterator[Act]:
    commands = [act for one in messages if (act := _read_act(state, one))]
    first_of_all = [act for act in commands if act.kind in (ActKind.ERASE, ActKind.ASK_ERASURE, ActKind.STOP)]
    if first_of_all:
        yield first_of_all[-1]
        return
    reported = _list_reported_news(state, messages)
    if reported:
        commands = [act for one in messages if not _asks_to_report(one) and (act := _read_act(state, one))]
    news = reported or list(_list_news(state, messages))
    unread = [act for act in news if act.kind is ActKind.DECLINE and act.file_id]
    if unread and not reported and any(_asks_to_report(one) for one in messages):
        yield replace(unread[-1], is_reported=True)
        return
    wanted = [act for act in commands if act.kind not in (ActKind.GREET, ActKind.THANK)]
    if wanted and not reported and not any(_is_forwarded(one) for one in messages):
        yield wanted[-1]
        if wanted[-1].meant:
            yield _act_of_meaning(state, wanted[-1])
        return
    if news:
        yield from news[:ITEMS_MOST]
        if len(news) > ITEMS_MOST:
            yield Act(ActKind.MANY)
        yield from [act for act in wanted if act.kind is ActKind.REPORT][-1:]
    elif wanted or commands:
        yield (wanted or commands)[-1]
    else:
        yield Act(ActKind.ASK_NEWS)


def _act_of_meaning(state: ChatState, denial: Act) -> Act:
    """Return what follows from what somebody meant instead of an answer."""
    ticket = (denial.about.ticket if denial.about else "") or state.open_ticket
    if ticket:
        return Act(ActKind.ADD, text=denial.meant, ticket=ticket)
    return Act(ActKind.SEARCH if is_search(denial.meant) else ActKind.CHECK, text=denial.meant)


def _is_forwarded(message: IncomingMessage) -> bool:
    return message.forwarded or message.often_forwarded


def _count_hands(message: IncomingMessage) -> int:
    return 2 if message.often_forwarded else int(message.forwarded)


def _asks_to_report(message: IncomingMessage) -> bool:
    """Tell whether a message is *laporkan* alone, without a number or a button of an earlier reply."""
    if message.choice or message.kind != "text" or _is_forwarded(message):
        return False
    read = read_command(message.text)
    return read is not None and read.command is Command.REPORT and not read.number


def _list_reported_news(state: ChatState, messages: Sequence[IncomingMessage]) -> list[Act]:
    """Return the news of a batch that came with *laporkan*; [] where nothing is to be reported."""
    if not any(_asks_to_report(one) for one in messages):
        return []
    news = [act for act in _list_news(replace(state, open_ticket=""), messages) if act.kind is not ActKind.SEARCH]
    acts = [_mark_reported(state, place, act) for place, act in enumerate(news, 1)]
    return acts if any(act.is_reported for act in acts) else []


def _mark_reported(state: ChatState, place: int, act: Act) -> Act:
    """Return an act whose news is reported as well; what is not read cannot be."""
    if act.kind not in (ActKind.CHECK, ActKind.READ_PICTURE):
        return act
    about = Subject(state.last_number + place, act.text, file_id=act.file_id, file_kind=act.file_kind)
    return replace(act, is_reported=True, about=about)


def _read_act(state: ChatState, message: IncomingMessage) -> Act | None:
    """Return the act that a message asks for by a button or a command, or None."""
    if message.choice:
        return _read_payload(state, message.choice)
    if message.kind not in ("text", "choice") or _is_forwarded(message):
        return None
    if payload := _find_typed_button(state, message.text):
        return _read_payload(state, payload)
    if state.tickets and is_mail_address(message.text.strip()):
        return Act(ActKind.SET_MAIL, text=message.text.strip())
    command = read_command(message.text)
    if command is None or (state.is_asked and state.open_ticket and command.command in ANSWERS_TO_OFFICERS):
        return None
    return _act_of_command(state, command)


def _find_typed_button(state: ChatState, text: str) -> str:
    """Return what the button of the last reply means whose words somebody typed; "" for none."""
    titles = zip(state.titles, state.numbered, strict=False)
    return next((payload for title, payload in titles if says_same(text, title)), "")


def _read_payload(state: ChatState, payload: str) -> Act:
    """Return the act of a button. A payload that nobody offered asks for news, as an empty message does."""
    name, _, rest = payload.partition(":")
    about_number, _, page_id = rest.partition(":")
    about = state.find_subject(int(about_number)) if about_number.isdecimal() else None
    page = int(page_id) if page_id.isdecimal() else about.page if about else 0
    page = page if page <= LARGEST_ID else 0  # no page has such a number: somebody made it up
    if name in _PLAIN_PAYLOADS:
        return _PLAIN_PAYLOADS[name]
    if name in ("en", "id"):
        return Act(ActKind.SET_LANGUAGE, text=name)
    if name in _PAGE_PAYLOADS and page:
        return Act(_PAGE_PAYLOADS[name], about=about, page=page)
    if name == "report" and about:
        return _act_of_report(about)
    if name in _NEWS_PAYLOADS and about:
        return Act(_NEWS_PAYLOADS[name], about=about, text=about.text)
    return Act(ActKind.ASK_NEWS)


def _act_of_report(about: Subject) -> Act:
    """Return the act that reports remembered news, or says how its report stands."""
    if about.ticket:
        return Act(ActKind.FOLLOW, ticket=about.ticket, about=about)
    return Act(ActKind.REPORT, about=about, text=about.text)


_PLAIN_PAYLOADS = {
    "help": Act(ActKind.HELP),
    "erase": Act(ActKind.ERASE),
    "keep": Act(ActKind.GREET),
    "follow": Act(ActKind.FOLLOW),
    "resume": Act(ActKind.RESUME),
    "news": Act(ActKind.DELIVER),
}
_PAGE_PAYLOADS = {"same": ActKind.CONFIRM_SAME, "other": ActKind.DENY_SAME, "page": ActKind.SHOW_PAGE}
_NEWS_PAYLOADS = {
    "seen": ActKind.COUNT_SIGHTING,
    "none": ActKind.DENY_SAME,
    "check": ActKind.CHECK,
}


def _act_of_command(state: ChatState, read: ReadCommand) -> Act | None:
    command, last = read.command, state.last_subject
    if command is Command.NUMBER:
        return _act_of_number(state, read.number)
    if command is Command.TICKET:
        return Act(ActKind.FOLLOW, ticket=read.ticket)
    if command is Command.REPORT:
        if state.file_id and not read.number:
            return _ask_for_words(state)
        about = _find_numbered_news(state, read.number) if read.number else last
        return _act_of_report(about) if about else Act(ActKind.ASK_NEWS)
    if command in (Command.SAME, Command.NOT_SAME):
        if "erase" in state.numbered:
            return _PLAIN_PAYLOADS["erase" if command is Command.SAME else "keep"]
        return _act_of_verdict(read, last)
    if command in (Command.ENGLISH, Command.INDONESIAN):
        return Act(ActKind.SET_LANGUAGE, text=command.value)
    return _PLAIN_COMMANDS[command]


_PLAIN_COMMANDS = {
    Command.GREET: Act(ActKind.GREET),
    Command.THANK: Act(ActKind.THANK),
    Command.HELP: Act(ActKind.HELP),
    Command.STOP: Act(ActKind.STOP),
    Command.RESUME: Act(ActKind.RESUME),
    Command.ERASE: Act(ActKind.ASK_ERASURE),
    Command.TICKETS: Act(ActKind.FOLLOW),
    Command.NO_MAIL: Act(ActKind.SET_MAIL),
}


def _ask_for_words(state: ChatState) -> Act:
    """Return the act that asks for the words of a file, without which it cannot be reported."""
    kind = state.file_kind
    return Act(ActKind.DECLINE, is_reported=True, kind_declined=kind, file_id=state.file_id, file_kind=kind)


def _act_of_number(state: ChatState, number: int) -> Act:
    if number == 0 and state.otherwise:
        return _read_payload(state, state.otherwise)
    if 0 < number <= len(state.numbered):
        return _read_payload(state, state.numbered[number - 1])
    return Act(ActKind.ASK_NEWS)


def _find_numbered_news(state: ChatState, number: int) -> Subject | None:
    """Return the news that stood under a number in the last reply."""
    if not 0 < number <= len(state.numbered):
        return None
    about = state.numbered[number - 1].split(":")[1:2]
    return state.find_subject(int(about[0])) if about and about[0].isdecimal() else None


def _act_of_verdict(read: ReadCommand, last: Subject | None) -> Act:
    """Return the act of "ya, ini" or "bukan itu" under the last answer."""
    if last is None:
        return Act(ActKind.DENY_SAME, meant=read.meant) if read.meant else Act(ActKind.ASK_NEWS)
    if read.command is Command.NOT_SAME:
        return Act(ActKind.DENY_SAME, about=last, page=last.page, text=last.text, meant=read.meant)
    return Act(ActKind.CONFIRM_SAME, about=last, page=last.page) if last.page else Act(ActKind.ASK_NEWS)


def _list_news(state: ChatState, messages: Sequence[IncomingMessage]) -> Iterator[Act]:
    """Yield the acts for news, pictures, recordings and what else is no command."""
    typed: list[str] = []
    found: list[Act] = []
    for message in messages:
        text = message.text.strip()
        if message.kind in ("text", "choice"):
            if _read_act(state, message) is None and text:
                if _is_forwarded(message):
                    found.append(Act(ActKind.CHECK, text=text, hands=_count_hands(message)))
                else:
                    typed.append(text)
        else:
            found.append(_act_of_media(state, message, text))
    if (own := "\n".join(typed)) and (not found or not is_search(own)):
        found.insert(0, _act_of_typed_text(state, own))
    yield from dict.fromkeys(found)


def _act_of_typed_text(state: ChatState, text: str) -> Act:
    if state.open_ticket:
        return Act(ActKind.ADD, text=text, ticket=state.open_ticket, is_asked=state.is_asked)
    kind = ActKind.SEARCH if is_search(text) else ActKind.CHECK
    return Act(kind, text=text, file_id=state.file_id, file_kind=state.file_kind)


def _act_of_media(state: ChatState, message: IncomingMessage, text: str) -> Act:
    file = Act(
        ActKind.DECLINE,
        text=text,
        media_id=message.media_id,
        media_sha256=message.media_sha256,
        hands=_count_hands(message),
        file_id=message.media_id,
        file_kind=message.kind,
    )
    if message.kind == "image":
        ticket = state.open_ticket or (state.last_subject.ticket if state.last_subject else "")
        if ticket and not _is_forwarded(message):
            return replace(file, kind=ActKind.ADD, ticket=ticket)
        return replace(file, kind=ActKind.READ_PICTURE)
    if text and not is_search(text):
        return replace(file, kind=ActKind.CHECK)
    return replace(file, text="", kind_declined=message.kind)
