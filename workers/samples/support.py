"""What the help desk holds: what people wrote, what staff answered, and whom both of them named."""

from __future__ import annotations

from datetime import datetime, timedelta

from workers.samples import files
from workers.samples.crm import PRODUCT_NAMES
from workers.samples.dice import Dice
from workers.samples.lands import Talk
from workers.samples.people import ACCESS
from workers.samples.population import Person, Trait, World
from workers.samples.sheet import Sheet, Store, as_json, garbled, mixed_case, spelling

__all__ = ["write"]

_FIRST_USER = 7_001
_FIRST_TICKET = 30_001
_CHANNELS = ("email", "email", "email", "web", "phone", "chat")
_STATUSES = ("open", "pending", "solved", "closed", "closed", "closed")
_PRIORITIES = ("low", "normal", "normal", "high", "urgent", None)
_AGENTS = ("Mette Lund", "Oliver Reed", "Katja Brandt", "Luc Moreau", "Ingrid Dahl", "Yui Tanaka")
# Which of a language's thanks goes with how many stars.
_THANKS = {1: 2, 2: 2, 3: 1, 4: 3, 5: 0}
_LANGUAGES = ("da", "en", "de", "fr", "nb", "ja")
_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 Version/17.6 Mobile Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/129.0.0.0 Safari/537.36",
    None,
)


class _Support:
    def __init__(self, world: World) -> None:
        self.world = world
        self.user, self.ticket, self.comment = _FIRST_USER, _FIRST_TICKET, 1
        self.watchers: list[tuple[int, Person]] = []
        self.agents = Sheet("agents", ("id", "name", "email", "language", "active"))
        self.users = Sheet(
            "users",
            ("id", "external_id", "name", "email", "phone", "locale", "time_zone", "signature", "tags", "fields",
             "password_hash", "suspended", "created_at", "last_seen_at"),
        )  # fmt: skip
        self.logins = Sheet("logins", ("id", "user_id", "at", "ip", "user_agent", "succeeded"))
        self.chats = Sheet("chats", ("id", "user_id", "agent_id", "transcript", "started_at", "ended_at"))
        self.tickets = Sheet(
            "tickets",
            ("id", "requester_id", "assignee_id", "subject", "status", "priority", "channel", "tags", "fields",
             "created_at", "solved_at"),
        )  # fmt: skip
        self.collaborators = Sheet("ticket_collaborators", ("ticket_id", "user_id", "added_at"))
        self.comments = Sheet(
            "comments",
            ("id", "ticket_id", "author_user_id", "agent_id", "in_reply_to", "is_public", "body", "via", "created_at"),
        )
        self.attachments = Sheet(
            "attachments", ("id", "comment_id", "filename", "content_type", "size_bytes", "content", "uploaded_at")
        )
        self.events = Sheet("ticket_events", ("id", "ticket_id", "field", "old_value", "new_value", "at"))
        self.ratings = Sheet("ratings", ("ticket_id", "score", "comment", "rated_at"))

    def store(self) -> Store:
        return Store(
            "public",
            (self.agents, self.users, self.logins, self.chats, self.tickets, self.collaborators, self.comments,
             self.attachments, self.events, self.ratings),
        )  # fmt: skip

    def write_agents(self) -> None:
        for number, (name, language) in enumerate(zip(_AGENTS, _LANGUAGES, strict=True), start=1):
            self.agents.add(number, name, f"agent{number}@helpdesk.example", language, True)
        for number, person in enumerate(self.world.persons, start=len(_AGENTS) + 1):
            if person.has(Trait.ALSO_AGENT):
                self.agents.add(number, person.name, person.email, person.land.language, True)

    def write_person(self, person: Person) -> None:
        dice = self.world.dice("support", person.number)
        second = person.second if person.has(Trait.SECOND_IN_SUPPORT, Trait.TWO_ACCOUNTS) else None
        self._account(dice, person, second or person.email)
        if person.has(Trait.TWO_ACCOUNTS):
            self._account(dice, person, person.email)

    def _account(self, dice: Dice, person: Person, email: str) -> None:
        user, created = self._user(dice, person, email)
        self._chats(person, user)
        talks = dice.sample(person.texts.tickets, 3 if person.sample else dice.pick((1, 2, 2, 3, 3, 4)))
        for talk in talks:
            self._ticket(dice, person, user, talk, created)
        if not person.sample:
            self.watchers.append((user, person))

    def _chats(self, person: Person, user: int) -> None:
        """Of some days ago, and some that should have gone by now; chances of their own, so that the rest stays."""
        dice = self.world.dice("chats", user)
        ages = (2, 70) if person.sample else tuple(dice.between(0, 80) for _ in range(dice.pick((0, 0, 0, 1, 1, 2))))
        for age in ages:
            agent = dice.between(1, len(_AGENTS))
            talk, (other, _) = dice.pick(person.texts.tickets), self.world.other(dice, person)
            words = {"name": person.name, "given": person.given, "other": other, "product": dice.pick(PRODUCT_NAMES),
                     "agent": _AGENTS[agent - 1]}  # fmt: skip
            said = "\n\n".join(f"{who}: {text}" for who, text in zip(
                (person.name, _AGENTS[agent - 1]), talk.messages, strict=False))  # fmt: skip
            ended = self.world.now - timedelta(days=age)
            started = ended - timedelta(minutes=dice.between(2, 40))
            self.chats.add(len(self.chats.rows) + 1, user, agent, said.format(**words), started, ended)

    def _user(self, dice: Dice, person: Person, email: str) -> tuple[int, datetime]:
        user, self.user = self.user, self.user + 1
        created = self.world.joined(person) + timedelta(days=dice.between(1, 300))
        typed = mixed_case(email) if person.has(Trait.MIXED_CASE) else email
        nick = not person.sample and dice.chance(0.04)
        self.users.add(
            user,
            dice.uuid(),
            person.given.lower() if nick else person.name,
            typed if person.sample or dice.chance(0.8) else spelling(person, email),
            person.phone.replace(" ", "") if dice.chance(0.3) and not person.has(Trait.TWO_ACCOUNTS) else None,
            person.land.language,
            person.land.time_zone if dice.chance(0.7) else None,
            person.texts.signature.format(name=person.name) if dice.chance(0.3) else None,
            ["vip"] if dice.chance(0.05) else [],
            as_json({"plan": dice.pick(PRODUCT_NAMES)} if dice.chance(0.6) else {}),
            f"$argon2id$v=19$m=65536,t=3,p=4${dice.getrandbits(128):032x}" if dice.chance(0.7) else None,
            dice.chance(0.01),
            created,
            dice.moment(created, self.world.now) if dice.chance(0.9) else None,
        )
        for _ in range(dice.between(1, 6)):
            at = dice.moment(created, self.world.now)
            address = f"203.0.113.{dice.between(1, 254)}" if dice.chance(0.6) else f"2001:db8::{dice.between(1, 9999)}"
            self.logins.add(len(self.logins.rows) + 1, user, at, address, dice.pick(_BROWSERS), dice.chance(0.93))
        return user, created

    def _ticket(self, dice: Dice, person: Person, user: int, talk: Talk, since: datetime) -> None:
        ticket, self.ticket = self.ticket, self.ticket + 1
        opened = dice.moment(since, self.world.now - timedelta(days=8))
        status = dice.pick(_STATUSES)
        solved = opened + timedelta(hours=dice.between(5, 150)) if status in ("solved", "closed") else None
        product = dice.pick(PRODUCT_NAMES)
        agent = dice.between(1, len(_AGENTS)) if dice.chance(0.2) else _LANGUAGES.index(person.land.language) + 1
        subject = talk.subject.format(product=product) + (" 😡" if dice.chance(0.06) else "")
        tags = [tag for tag in ("refund", "router", "naming", "åbent") if dice.chance(0.12)]
        self.tickets.add(
            ticket,
            user,
            agent if dice.chance(0.95) else None,
            None if dice.chance(0.02) else subject,
            status,
            dice.pick(_PRIORITIES),
            dice.pick(_CHANNELS),
            tags,
            as_json({"product": product}),
            opened,
            solved,
        )
        self._thread(dice, person, user, ticket, talk, agent, product, opened)
        self._events(dice, person, ticket, opened, status)
        if solved and dice.chance(0.3):
            score = dice.pick((1, 2, 3, 4, 4, 5, 5, 5))
            note = person.texts.thanks[_THANKS[score]].format(agent=_AGENTS[agent - 1]) if dice.chance(0.6) else None
            self.ratings.add(ticket, score, note, solved + timedelta(hours=3))

    def _thread(
        self, dice: Dice, person: Person, user: int, ticket: int, talk: Talk, agent: int, product: str, at: datetime
    ) -> None:
        other, address = self.world.other(dice, person)
        words = {
            "name": person.name, "given": person.given, "other": other, "product": product,
            "agent": _AGENTS[agent - 1],
        }  # fmt: skip
        previous: int | None = None
        for turn in range(dice.pick((2, 3, 4, 4, 4))):
            body = talk.messages[turn].format(**words)
            staff = turn % 2 == 1
            if not staff and turn and person.has(Trait.LONG_WINDED):
                quoted = person.texts.quoted.format(day=at.date().isoformat(), other=f"{other} <{address}>")
                history = "\n".join(f"> {line}" for message in talk.messages for line in message.splitlines())
                body = f"{body}\n\n{quoted}\n{history.format(**words)}" + f"\n\n{history.format(**words)}" * 12
            if not staff and person.has(Trait.GARBLED):
                body = garbled(body)
            author = None if staff else user
            if author and turn and not person.sample and dice.chance(0.02):
                author = 800_000 + ticket  # a second account of theirs that was merged away
            previous = self._comment(ticket, author, agent if staff else None, previous, body, at, dice)
            if not staff:
                self._attachment(dice, person, previous, at)
            if staff and dice.chance(0.35):
                self._comment(ticket, None, agent, previous, talk.internal.format(**words), at, dice, public=False)
            at += timedelta(minutes=dice.between(20, 1400))

    def _comment(
        self, ticket: int, user: int | None, agent: int | None, reply: int | None, body: str, at: datetime, dice: Dice,
        *, public: bool = True,
    ) -> int:  # fmt: skip
        comment, self.comment = self.comment, self.comment + 1
        via = as_json({"source": "email", "client": "Thunderbird"}) if user and dice.chance(0.4) else None
        reply = reply if dice.chance(0.7) else None
        self.comments.add(comment, ticket, user, agent, reply, public, body, via, at)
        return comment

    def _attachment(self, dice: Dice, person: Person, comment: int, at: datetime) -> None:
        if person.sample is not ACCESS and not dice.chance(0.3):
            return
        number = len(self.attachments.rows) + 1
        kind = number % 3 + 1 if person.sample is ACCESS else dice.between(1, 3)
        if kind == 1:
            name, media, content = f"IMG_{dice.between(1000, 9999)}.png", "image/png", files.png(dice.between(0, 255))
        elif kind == 2:
            name, media, content = f"{person.name}.pdf", "application/pdf", files.pdf(person.name, person.street)
        else:
            name, media, content = "router.log", "text/plain", files.text(person.customer_no, dice.between(5, 60))
        self.attachments.add(number, comment, name, media, len(content), content, at)

    def _events(self, dice: Dice, person: Person, ticket: int, opened: datetime, status: str) -> None:
        if status != "open":
            self._event(ticket, "status", "open", status, opened + timedelta(hours=4))
        if dice.chance(0.5):
            self._event(ticket, "priority", "normal", "high", opened + timedelta(hours=1))
        if person.second and dice.chance(0.1):
            self._event(ticket, "requester_email", person.second, person.email, opened + timedelta(hours=2))

    def _event(self, ticket: int, field: str, old: str | None, new: str, at: datetime) -> None:
        self.events.add(len(self.events.rows) + 1, ticket, field, old, new, at)

    def write_copied_in(self) -> None:
        """Others in a person's ticket: copied in, and sometimes answering."""
        dice = self.world.dice("support", -1)
        owner = {int(str(user)): person for user, person in self.watchers}
        for row in list(self.tickets.rows):
            ticket, requester, opened = int(str(row[0])), int(str(row[1])), row[9]
            if requester not in owner or not isinstance(opened, datetime) or not dice.chance(0.05):
                continue
            user, person = dice.pick(self.watchers)
            if user == requester:
                continue
            self.collaborators.add(ticket, user, opened)
            talk = dice.pick(person.texts.tickets)
            body = talk.messages[2].format(
                name=person.name, given=person.given, other=owner[requester].name, product=PRODUCT_NAMES[0], agent=""
            )
            if dice.chance(0.7):
                self._comment(ticket, user, None, None, body, opened + timedelta(hours=7), dice)

    def write_purged(self) -> None:
        """What another service noted of tickets that were purged long ago."""
        dice = self.world.dice("support", -2)
        for number in range(2 + len(self.world.persons) // 10):
            at = dice.moment(self.world.start, self.world.now)
            self._event(1_000 + number, "status", "open", "closed", at)


def write(world: World) -> Store:
    """All rows of the support store."""
    support = _Support(world)
    support.write_agents()
    for person in world.persons:
        if person.in_support:
            support.write_person(person)
    support.write_copied_in()
    support.write_purged()
    return support.store()
