"""The company around the products: domains, teams, people, terms, systems."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from accounts.models import Domain, Membership, Team, User
from accounts.states import TeamKind, TeamRole
from catalog.governance.models import Term
from catalog.products.models import System, SystemPort
from catalog.products.names import slugified
from catalog.products.states import SystemPortKind
from portal.scale import words
from portal.scale.plan import Plan, made_id, skewed
from portal.scale.tables import Table

PRODUCTS_PER_TERM = 100
PRODUCTS_PER_SYSTEM = 150
KINDS = tuple(TeamKind.values)
ROLES = (TeamRole.OWNER, TeamRole.CONTRIBUTOR, TeamRole.CONTRIBUTOR, TeamRole.VIEWER)


class Structure:
    """Writes the company, and knows its ids for the rows of products."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.users = Table(
            User, "id", "username", "display_name", "email", "password", "date_joined"
        )
        self.domains = Table(Domain, "id", "path", "name", "purpose", "parent_id")
        self.teams = Table(Team, "id", "slug", "name", "kind", "domain_id", "contact")
        self.memberships = Table(Membership, "user_id", "team_id", "role")
        self.terms = Table(
            Term,
            *("id", "slug", "name", "definition", "synonyms", "domain_id", "owner_id"),
            *("created_at", "updated_at"),
        )
        self.systems = Table(
            System,
            *("id", "document_id", "slug", "fqn", "name", "purpose", "domain_id", "owner_id"),
            *("technology", "tags", "created_at", "updated_at"),
        )
        self.system_ports = Table(
            SystemPort, "id", "system_id", "name", "fqn", "kind", "title", "operations"
        )
        self.tables = [
            *(self.users, self.domains, self.teams, self.memberships),
            *(self.terms, self.systems, self.system_ports),
        ]
        self.term_ids: list[str] = []
        self.system_ids: list[tuple[str, str, str]] = []  # system, one of its ports, its fqn
        self.first_user = self.first_team = self.first_domain = 0

    def number(self) -> None:
        """Take the ids; the sequences are reserved."""
        self.first_user = self.users.new_ids(self.plan.people)
        self.first_team = self.teams.new_ids(len(self.plan.teams))
        self.first_domain = self.domains.new_ids(len(self.plan.domains))

    def fill(self) -> None:
        """Rows of all tables."""
        self._people()
        self._domains_and_teams()
        self._terms()
        self._systems()

    def _people(self) -> None:
        random = self.plan.random("people")
        password = make_password(None)  # nobody logs in as one of them
        joined = self.plan.today.isoformat()
        for number in range(self.plan.people):
            first = random.choice(words.FIRST_NAMES)
            last = random.choice(words.LAST_NAMES)
            name = f"{first}.{last}-s{self.plan.seed}-{number}".lower()
            mail = f"{name}@scale.example"
            shown = f"{first} {last}"
            self.users.add(self.first_user + number, name, shown, mail, password, joined)

    def _domains_and_teams(self) -> None:
        for domain in self.plan.domains:
            parent = None if domain.parent is None else self.first_domain + domain.parent
            purpose = f"Data of {domain.name}"
            pk = self.first_domain + domain.id
            self.domains.add(pk, domain.path, domain.name, purpose, parent)
        random = self.plan.random("teams")
        for team in self.plan.teams:
            kind = KINDS[skewed(random, len(KINDS), 3)]
            domain_id = self.first_domain + team.domain.id
            contact = f"#{team.slug}"
            pk = self.first_team + team.id
            self.teams.add(pk, team.slug, team.name, kind, domain_id, contact)
            for at, person in enumerate(team.people):
                role = ROLES[min(at, 1) if at < 3 else skewed(random, len(ROLES), 1)]
                self.memberships.add(self.first_user + person, pk, role)

    def _terms(self) -> None:
        plan, random = self.plan, self.plan.random("terms")
        moment = plan.today.isoformat()
        count = min(500, max(10, len(plan.products) // PRODUCTS_PER_TERM))
        for number in range(count):
            qualifier = words.QUALIFIERS[number // len(words.SUBJECTS) % len(words.QUALIFIERS)]
            subject = words.SUBJECTS[number % len(words.SUBJECTS)][1].replace("_", " ")
            name = f"{qualifier} {subject}".capitalize()
            again = number // (len(words.SUBJECTS) * len(words.QUALIFIERS))
            slug = f"{slugified(name)}-s{plan.seed}{f'-{again}' if again else ''}"
            team = plan.teams[skewed(random, len(plan.teams))]
            domain = self.first_domain + team.domain.id if random.random() < 0.6 else None
            synonyms = [f"{qualifier} {words.QUALIFIERS[0]} {subject}"] if number % 3 == 0 else []
            pk = made_id(plan.today, plan.seed, "term", number)
            definition = f"A {subject} that is {qualifier} when the day is closed."
            owner = self.first_team + team.id
            self.terms.add(pk, slug, name, definition, synonyms, domain, owner, moment, moment)
            self.term_ids.append(pk)

    def _systems(self) -> None:
        plan, random = self.plan, self.plan.random("systems")
        count = min(800, max(3, len(plan.products) // PRODUCTS_PER_SYSTEM))
        for number in range(count):
            technology, kind = words.SYSTEMS[skewed(random, len(words.SYSTEMS), 1.3)]
            team = plan.teams[skewed(random, len(plan.teams))]
            slug = f"{slugified(kind)}-system-{number}"
            fqn = f"{team.domain.path}.{slug}"
            pk = made_id(plan.today, plan.seed, "system", number)
            self.systems.add(
                *(pk, f"scale:{plan.seed}:system:{number}", slug, fqn, f"{kind} {number}"),
                f"{kind} of {team.domain.name}",
                *(self.first_domain + team.domain.id, self.first_team + team.id, technology),
                *([], plan.today.isoformat(), plan.today.isoformat()),
            )
            port = made_id(plan.today, plan.seed, "system port", number)
            subject = words.SUBJECTS[skewed(random, len(words.SUBJECTS))][0].replace(" ", "-")
            operations = [{"verb": "GET", "name": f"/{subject}", "summary": f"All {subject}"}]
            title = f"{kind} API"
            self.system_ports.add(
                port, pk, "api", f"{fqn}/api", SystemPortKind.OPENAPI, title, operations
            )
            self.system_ids.append((pk, port, f"{fqn}/api"))
