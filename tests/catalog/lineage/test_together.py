"""Many senders at once: nobody locks another out, and no edge is missing or there twice."""

import random
import threading

import pytest
from django.db import connection

from catalog.lineage.models import ColumnEdge, Dataset, DatasetEdge, Job, JobDataset, Run
from catalog.lineage.services import ingest_many
from tests.catalog.lineage.events import columns, event, named
from tests.factories import TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS, ROUNDS, AT_ONCE = 4, 6, 40
NAMES = [f"t{n}" for n in range(30)]


def drawn(random_numbers, run_ids):
    """An event between tables that all senders share, of a run that some of them share."""
    source, target = random_numbers.sample(NAMES, 2)
    facet = columns(x=f"{source}.x", y=[f"{source}.y", f"{random_numbers.choice(NAMES)}.z"])
    number = random_numbers.randrange(len(run_ids))
    return event(
        [source],
        [named(target, columnLineage=facet, schema={"fields": [{"name": source}]})],
        run_id=run_ids[number],
        job={"namespace": "etl", "name": f"job-{number % 5}"},
        eventTime=f"2026-11-20T10:00:{random_numbers.random() * 59:09.6f}Z",
    )


def test_senders_of_the_same_names_do_not_lock_each_other_out():
    actors = [actor_for(member_of(TeamFactory())) for _ in range(SENDERS)]
    run_ids = [f"{n:032x}" for n in range(12)]
    failures, refused = [], []

    def send(number):
        numbers = random.Random(number)
        try:
            for _ in range(ROUNDS):
                events = [drawn(numbers, run_ids) for _ in range(AT_ONCE)]
                results = ingest_many(events=events, actor=actors[number])
                refused.extend(result for result in results if result.refusal)
        except Exception as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert failures == []
    assert refused == []
    assert Dataset.objects.count() == len(NAMES)
    assert Job.objects.count() == 5
    assert Run.objects.count() == 12
    for model, keys in (
        (DatasetEdge, ("source", "target", "job")),
        (ColumnEdge, ("source", "target", "job")),
        (JobDataset, ("job", "dataset", "side")),
    ):
        rows = list(model.objects.values_list(*keys))
        assert len(rows) == len(set(rows)) > 0
    for run in Run.objects.select_related("job"):  # every run's inputs meet its outputs
        pairs = {(a, b) for a in run.input_ids for b in run.output_ids if a != b}
        edges = DatasetEdge.objects.filter(job=run.job)
        assert pairs <= set(edges.values_list("source_id", "target_id"))
