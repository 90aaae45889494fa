"""From accepting to the end: steps, waiting, cancelling, undoing."""

import datetime as dt
from itertools import pairwise

import pytest
from django.db.models.functions import Now

from core.errors import ConcurrencyError, Invalid, InvalidTransition
from core.models import AuditEvent, OutboxEvent
from provisioning.jobs import extensions
from provisioning.jobs.models import Effect, Instance, Operation, OperationLog, OperationStep
from provisioning.jobs.services import StepSpec, accept, request_cancel, retry
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import MAX_ATTEMPTS, SOURCES, OperationKind, OperationState, StepState
from tests.provisioning.jobs.shelf import permanent, spec, temporary


def make_due() -> None:
    Operation.objects.active().update(run_after=Now() - dt.timedelta(seconds=1))


def run_through(times: int = 30) -> None:
    """Run everything that is due; waiting times are over at once."""
    for _ in range(times):
        make_due()
        if not run_due():
            return


def transitions(operation) -> list[str]:
    lines = OperationLog.objects.filter(operation=operation).exclude(state="")
    return list(lines.values_list("state", flat=True))


@pytest.mark.smoke
def test_an_operation_runs_its_steps_in_order_to_success(accepted, shelf, endings):
    operation = accepted("a", "b")

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert [name for _, name, _ in shelf.calls] == ["a", "b"]
    assert set(operation.steps.values_list("state", flat=True)) == {StepState.VERIFIED}
    assert operation.result == {"a": "there", "b": "there"}
    assert transitions(operation) == ["queued", "running", "succeeded"]
    assert [ended.pk for ended in endings] == [operation.pk]
    assert Effect.objects.filter(instance=operation.instance_id, removed_at=None).count() == 2
    instance = Instance.objects.get(pk=operation.instance_id)
    assert (instance.observed_state, instance.observed_generation) == ("present", 1)
    assert OutboxEvent.objects.get(topic="operation.finished").payload["state"] == "succeeded"
    assert AuditEvent.objects.filter(object_id=str(operation.pk)).count() == 2


def test_the_links_of_all_steps_are_kept_once(accepted, shelf):
    shelf.links = {"a": "https://a.example/", "c": "https://c.example/"}
    shelf.faults["c"] = temporary(1)
    operation = accepted("a", "b", "c")

    run_through()

    operation.refresh_from_db()
    assert [each["url"] for each in operation.result["links"]] == list(shelf.links.values())


def test_lines_of_the_driver_stand_in_the_log_before_the_step_ends(accepted, shelf):
    operation = accepted("a", "b")
    seen: list[str] = []
    lines = OperationLog.objects.filter(operation=operation, source="shelf")
    shelf.before["b"] = lambda: seen.extend(lines.values_list("text", flat=True))

    run_due()

    assert "putting a" in seen


def test_secrets_go_to_the_handlers_and_nowhere_else(accepted, shelf):
    sealed = []
    handler = lambda operation, step, secrets: sealed.append(dict(secrets))  # noqa: E731
    extensions.on_secrets(handler)
    operation = accepted("a", action="tell")

    run_due()

    extensions._secrets.remove(handler)
    assert sealed == [{"key": "secret of a"}]
    kept = [*OperationLog.objects.values("text"), *OperationStep.objects.values()]
    operation.refresh_from_db()
    assert "secret of a" not in f"{kept}{operation.result}{list(Effect.objects.values())}"


def test_a_step_no_driver_can_do_is_refused_and_nothing_is_written(accepted, owner, shelf):
    with pytest.raises(Invalid, match="no action “jump”"):
        accepted("a", action="jump")

    assert not Operation.objects.exists()
    assert not Instance.objects.exists()


def test_a_second_operation_on_a_busy_instance_is_refused(accepted, owner):
    first = accepted("a")

    with pytest.raises(ConcurrencyError, match="Another job is at work"):
        accepted("b", kind=OperationKind.UPDATE, instance_id=first.instance_id)

    assert Operation.objects.get().pk == first.pk
    assert Instance.objects.get().generation == 1


def test_a_temporary_error_waits_and_then_goes_on_where_it_was(accepted, shelf):
    operation = accepted("a", "b")
    shelf.faults["b"] = temporary(1)

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.RETRY_WAIT
    assert operation.lease_owner is None
    assert (operation.step, operation.attempt) == (1, 1)
    assert Operation.objects.filter(run_after__gt=Now()).exists()

    run_through()

    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert shelf.made == {"a": 1, "b": 1}
    assert operation.error_text == ""


def test_after_the_last_attempt_it_is_undone_and_failed(accepted, shelf, endings):
    operation = accepted("a", "b")
    shelf.faults["b"] = temporary(MAX_ATTEMPTS)

    run_through()

    operation.refresh_from_db()
    assert (operation.state, operation.error_code) == (OperationState.FAILED, "gave-up")
    assert shelf.things == {}
    assert len(endings) == 1


def test_a_permanent_error_undoes_backwards_what_was_done(accepted, shelf):
    operation = accepted("a", "b", "c")
    shelf.faults["c"] = permanent()

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.FAILED
    assert operation.error_text == "The shelf has no room."
    assert [call[:2] for call in shelf.calls[3:]] == [("absent", "b"), ("absent", "a")]
    assert shelf.things == {}
    assert not Effect.objects.filter(removed_at=None).exists()
    assert transitions(operation) == ["queued", "running", "compensating", "failed"]
    assert Instance.objects.get().observed_state == "absent"


def test_a_failed_update_leaves_what_was_there_before(accepted, shelf):
    first = accepted("a")
    run_due()
    update = accepted("a", "b", kind=OperationKind.UPDATE, instance_id=first.instance_id)
    shelf.faults["b"] = permanent()

    run_due()

    update.refresh_from_db()
    assert update.state == OperationState.FAILED
    assert [name for _, name in shelf.things] == ["a"]
    instance = Instance.objects.get()
    assert (instance.observed_state, instance.observed_generation, instance.generation) == (
        "present",
        1,
        2,
    )


@pytest.mark.parametrize("end", ["fails", "is told to stop"])
def test_of_a_change_that_ends_early_a_step_of_its_own_is_undone(accepted, shelf, owner, end):
    first = accepted("a")
    run_due()
    steps = [
        StepSpec(f"Put {name}", "shelf", "put", spec(name), undo=undo)
        for name, undo in (("a", "absent"), ("own", "always"), ("c", "always"))
    ]
    update = accept(
        instance_id=first.instance_id,
        kind=OperationKind.UPDATE,
        title="Put more",
        steps=steps,
        actor=owner,
    )
    if end == "fails":
        shelf.faults["c"] = permanent()
    else:
        shelf.before["c"] = lambda: request_cancel(operation=update, actor=owner)

    run_through()

    update.refresh_from_db()
    assert update.state in {OperationState.FAILED, OperationState.CANCELLED}
    assert [name for _, name in shelf.things] == ["a"]
    assert Effect.objects.filter(removed_at=None).count() == 1


def test_an_unknown_failure_of_a_driver_is_tried_again(accepted, shelf):
    operation = accepted("a")
    shelf.faults["a"] = [ValueError("a bug")]

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.RETRY_WAIT
    assert "a bug" not in operation.error_text


def test_past_its_deadline_an_operation_is_undone(accepted, shelf):
    operation = accepted("a", deadline_s=0)

    run_due()

    operation.refresh_from_db()
    assert (operation.state, operation.error_code) == (OperationState.FAILED, "deadline")
    assert shelf.calls == []


def test_cancelling_what_nobody_began_ends_it_at_once(accepted, owner, endings, shelf):
    operation = accepted("a")

    request_cancel(operation=operation, actor=owner)
    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.CANCELLED
    assert shelf.calls == []
    assert len(endings) == 1


def test_cancelling_at_work_stops_at_the_border_of_a_step_and_undoes(accepted, owner, shelf):
    operation = accepted("a", "b", "c")
    shelf.before["b"] = lambda: request_cancel(operation=operation, actor=owner)

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.CANCELLED
    assert [call[:2] for call in shelf.calls] == [
        ("ensure", "a"),
        ("ensure", "b"),
        ("absent", "b"),
        ("absent", "a"),
    ]
    assert shelf.things == {}


def test_a_removal_cannot_be_cancelled(accepted, owner, shelf):
    first = accepted("a")
    run_due()
    removal = accepted("a", kind=OperationKind.DEPROVISION, instance_id=first.instance_id)

    with pytest.raises(InvalidTransition, match="half-way"):
        request_cancel(operation=removal, actor=owner)

    removal.refresh_from_db()
    assert removal.cancel_requested_at is None


def test_a_removal_takes_away_and_leaves_the_instance_absent(accepted, shelf):
    first = accepted("a", "b")
    run_due()
    accepted("b", "a", kind=OperationKind.DEPROVISION, instance_id=first.instance_id)

    run_due()

    assert shelf.things == {}
    assert not Effect.objects.filter(removed_at=None).exists()
    instance = Instance.objects.get()
    assert (instance.observed_state, instance.observed_generation) == ("absent", 2)
    assert instance.deletion_requested_at is not None


def test_a_failed_operation_is_repeated_as_a_new_one(accepted, owner, shelf):
    failed = accepted("a", "b")
    shelf.faults["b"] = permanent()
    run_due()
    failed.refresh_from_db()

    again = retry(operation=failed, actor=owner)
    run_due()

    again.refresh_from_db()
    assert again.pk != failed.pk
    assert again.state == OperationState.SUCCEEDED


def test_retrying_what_waits_makes_it_due_now(accepted, owner, shelf):
    operation = accepted("a")
    shelf.faults["a"] = temporary(1)
    run_due()
    operation.refresh_from_db()

    same = retry(operation=operation, actor=owner)
    run_due()

    operation.refresh_from_db()
    assert same.pk == operation.pk
    assert operation.state == OperationState.SUCCEEDED


def test_what_succeeded_is_not_retried(accepted, owner, shelf):
    operation = accepted("a")
    run_due()
    operation.refresh_from_db()

    with pytest.raises(InvalidTransition):
        retry(operation=operation, actor=owner)

    assert Operation.objects.count() == 1


def test_a_handler_that_fails_keeps_the_operation_from_ending(accepted, shelf):
    faults = temporary(1)

    def fail_once(operation):
        if faults:
            raise faults.pop()

    extensions.on_finished(fail_once)
    operation = accepted("a")
    run_due()
    operation.refresh_from_db()
    assert operation.state == OperationState.RETRY_WAIT

    run_through()

    extensions._finished.remove(fail_once)
    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert OutboxEvent.objects.filter(topic="operation.finished").count() == 1


def test_every_recorded_move_is_one_of_the_table(accepted, owner, shelf):
    shelf.faults["b"] = temporary(2) + permanent()
    accepted("a", "b")
    run_through()

    for operation in Operation.objects.all():
        states = transitions(operation)
        for before, after in pairwise(states):
            assert OperationState(before) in SOURCES[OperationState(after)], states
