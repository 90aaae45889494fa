"""Loads the demo company through the verbs that people and scripts use; idempotent."""

from django.db import connection

from accounts.models import Team
from catalog.search.services import fold_counts, refresh_words
from portal.demo import (
    hooks,
    incidents,
    lineage,
    moves,
    past,
    people,
    policies,
    products,
    quality,
    reviews,
    rules,
    services,
    systems,
    talk,
    warehouse,
    wishes,
)
from portal.demo.company import products as specs
from portal.services import reindex_places
from provisioning.blueprints.services import register_builtin


def load_company() -> None:
    """Everything; the real products are made by workers while the rest is loaded."""
    _wait_for_no_disk()
    people.load_people()
    here = people.company()
    platform = Team.objects.get(slug="platform")
    register_builtin(actor=here.owner("platform"), owner_team=platform)
    warehouse.ask()
    services.ask_for_services()
    load_words()
    young = products.load_products(each for each in specs().values() if not each.real)
    products.tell_the_past(young | warehouse.finish())
    products.end_products()
    past.move_into_the_past()
    services.load_port()
    warehouse.settle()
    lineage.load_lineage()
    quality.load_quality()
    talk.load_talk()
    wishes.load_follows()
    wishes.load_demands()
    policies.load_policies(actor=here.owner("governance"), owner=here.teams["governance"])
    warehouse.measure()
    warehouse.load_access()
    warehouse.load_writing()
    rules.load_classes()
    rules.load_rules()
    rules.load_absence()
    reviews.load_campaign()
    reviews.load_longer()
    moves.announce_move()
    services.load_ends_and_drift()
    warehouse.settle()
    incidents.load_incidents()
    hooks.load_webhook()
    make_findable()


def _wait_for_no_disk() -> None:
    """Of what a crash takes back, as much is missing as was loaded last: loading again adds it."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")


def load_catalogue() -> None:
    """The part without a warehouse: its tables are missing, their descriptions are there."""
    people.load_people()
    load_words()
    products.tell_the_past(products.load_products(specs().values()))
    products.end_products()
    past.move_into_the_past()
    make_findable()


def load_words() -> None:
    """What products name: terms and systems."""
    people.load_terms()
    systems.load_systems()


def make_findable() -> None:
    """Places, spelling and counts, so that typing errors and filters work at once."""
    reindex_places()
    refresh_words()
    fold_counts()
