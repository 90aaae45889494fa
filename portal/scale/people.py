"""What people do with a synthetic catalogue: read it, follow it, talk about it."""

from __future__ import annotations

import datetime as dt
from random import Random

from catalog.products.models import Announcement, Comment, Follow
from portal.scale import words
from portal.scale.catalogue import PortPlan, Reading
from portal.scale.plan import Plan, ProductPlan, made_id, skewed
from portal.scale.structure import Structure
from portal.scale.tables import Table
from provisioning.access.models import Grant
from provisioning.access.states import GrantState
from provisioning.jobs.models import Instance
from provisioning.requests.models import Approval, Request
from provisioning.requests.states import ApprovalState, RequestKind, RequestState

SHARE_WITH_READERS = 0.2  # of listed products
MOST_READERS = 80
_SAID = ("body", "created_at")
_HOLDS = ("created_at", "starts_at", "ends_at")
PURPOSE = "Read it for the weekly report"


class People:
    """Writes grants, follows, comments and announcements."""

    def __init__(self, plan: Plan, structure: Structure) -> None:
        self.plan = plan
        self.structure = structure
        self.instances = Table(
            Instance,
            *("id", "kind", "name", "domain_id", "owner_id", "driver", "observed_state"),
            *("observed_generation", "created_at"),
        )
        self.requests = Table(
            Request,
            *("id", "number", "kind", "title", "requester_id", "team_id", "purpose", "round"),
            *("parameters", "subject", "instance_id", "state", "created_at", "decided_at"),
            "finished_at",
        )
        self.approvals = Table(
            Approval,
            *("request_id", "round", "stage", "team_id", "quorum", "state", "hours"),
            *("opened_at", "due_at", "decided_at"),
        )
        self.grants = Table(
            Grant,
            *("id", "request_id", "instance_id", "port_id", "consumer_team_id"),
            *("consumer_user_id", "consumer_product_id", "purpose", "state", "starts_at", "until"),
        )
        self.follows = Table(Follow, "user_id", "product_id", "created_at")
        self.comments = Table(Comment, "id", "product_id", "parent_id", "author_id", *_SAID)
        self.announcements = Table(
            Announcement, "product_id", "kind", "title", "body", "author_id", *_HOLDS
        )
        self.tables = [
            *(self.instances, self.requests, self.approvals, self.grants),
            *(self.follows, self.comments, self.announcements),
        ]
        self.first_number = 0  # of requests; taken from their own sequence
        self._requests = 0
        self._earlier: list[ProductPlan] = []

    def add(self, random: Random, product: ProductPlan, ports: list[PortPlan]) -> Reading:
        """Everything that people do with one product; returns who reads it."""
        reading = self._grants(random, product, ports)
        self._follows(random, product)
        self._talk(random, product)
        if product.status == "active":
            self._earlier.append(product)
        return reading

    def _grants(self, random: Random, product: ProductPlan, ports: list[PortPlan]) -> Reading:
        listed = product.status in {"active", "deprecated"}
        if not listed or random.random() >= SHARE_WITH_READERS:
            return Reading()
        wanted = min(MOST_READERS, int(random.paretovariate(1.1)))
        consumers = dict.fromkeys(self._consumer(random, product) for _ in range(wanted))
        teams, users = set(), set()
        for at, consumer in enumerate(consumers):
            team, user, reader = consumer
            self._grant(random, product, ports[at % len(ports)], consumer)
            if team is not None:
                teams.add(team)
            if user is not None:
                users.add(user)
            if reader is not None:
                teams.add(self.structure.first_team + reader.team.id)
        return Reading(len(consumers), tuple(sorted(teams)), tuple(sorted(users)))

    def _consumer(
        self, random: Random, product: ProductPlan
    ) -> tuple[int | None, int | None, ProductPlan | None]:
        kind = random.random()
        if kind < 0.25 and self._earlier:
            return None, None, self._earlier[random.randrange(len(self._earlier))]
        if kind < 0.4:
            return None, self.structure.first_user + random.randrange(self.plan.people), None
        team = skewed(random, len(self.plan.teams), 1.5)
        return self.structure.first_team + team, None, None

    def _grant(
        self,
        random: Random,
        product: ProductPlan,
        port: PortPlan,
        consumer: tuple[int | None, int | None, ProductPlan | None],
    ) -> None:
        team, user, reader = consumer
        age = (self.plan.today - product.created) * random.random()
        start = self.plan.today - min(age, dt.timedelta(days=300))
        until = self.plan.today + dt.timedelta(days=random.randrange(30, 700))
        number, self._requests = self._requests, self._requests + 1
        grant = made_id(start, self.plan.seed, "grant", number)
        first_team, first_user = self.structure.first_team, self.structure.first_user
        asker = user or first_user + (reader or product).team.people[0]
        responsible = team or (first_team + reader.team.id if reader else None)
        owner = first_team + product.team.id
        fqn = f"{product.fqn}/{port.name}@{port.major}"
        said = self._named(consumer)
        parameters = {"port": fqn, "consumer": said, "until": until.date().isoformat()}
        subject = {"port": fqn, "port_id": port.id, "product_id": product.id}
        moments = (start.isoformat(), start.isoformat(), start.isoformat())
        domain = self.structure.first_domain + product.domain.id
        name = f"{fqn} → {said}"
        self.instances.add(
            *(grant, "grant", name, domain, owner, "postgres", "present", 1, moments[0])
        )
        self.requests.add(
            *(grant, self.first_number + number, RequestKind.ACCESS, f"Read {product.name}"),
            *(asker, responsible, PURPOSE, 1, parameters, subject, grant),
            *(RequestState.SUCCEEDED, *moments),
        )
        self.approvals.add(grant, 1, 1, owner, 1, ApprovalState.APPROVED, 24, *moments)
        self.grants.add(
            *(grant, grant, grant, port.id, team, user, reader.id if reader else None, PURPOSE),
            *(GrantState.ACTIVE, start.isoformat(), until.isoformat()),
        )

    def _named(self, consumer: tuple[int | None, int | None, ProductPlan | None]) -> str:
        """The consumer as requests name it."""
        team, user, reader = consumer
        if reader is not None:
            return f"product:{reader.fqn}"
        if team is not None:
            return f"team:{self.plan.teams[team - self.structure.first_team].slug}"
        return f"user:{user}"

    def _follows(self, random: Random, product: ProductPlan) -> None:
        if random.random() < 0.25:
            count = min(30, int(random.paretovariate(1.3)))
            people = {random.randrange(self.plan.people) for _ in range(count)}
            for person in sorted(people):
                moment = self.plan.today.isoformat()
                self.follows.add(self.structure.first_user + person, product.id, moment)

    def _talk(self, random: Random, product: ProductPlan) -> None:
        first, moment = self.structure.first_user, self.plan.today - dt.timedelta(days=3)
        if random.random() < 0.15:
            author = first + random.randrange(self.plan.people)
            asked = self.comments.new_id()
            said = words.COMMENTS[random.randrange(len(words.COMMENTS))]
            self.comments.add(asked, product.id, None, author, said, moment.isoformat())
            if random.random() < 0.5:
                reply = self.comments.new_id()
                owner = first + product.team.people[0]
                said = "Yes, see the contract."
                self.comments.add(
                    reply, product.id, asked, owner, said, self.plan.today.isoformat()
                )
        if random.random() < 0.05:
            ends = (self.plan.today + dt.timedelta(days=10)).isoformat()
            owner = first + product.team.people[0]
            title = "A new version comes next week"
            text = "The old one stays for **90 days**."
            since = moment.isoformat()
            self.announcements.add(product.id, "news", title, text, owner, since, since, ends)
