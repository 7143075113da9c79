"""What happens to the stack, and what must be true of it."""

import gzip
import hashlib
import json
import time

from machine import run, say
from nats_client import NatsError
from stack import stored_result, stream_messages, wait_for

TASKS = 1000
SUCCEEDED = 7          # muster.v1.TaskState
STATE, ATTEMPT, RESULT = 2, 3, 7   # fields of muster.v1.TaskResult
PRIORITIES = ("high", "normal", "low")
TASK_STREAMS = [f"MUSTER_TASKS_{p}" for p in ("CRITICAL", "HIGH", "NORMAL", "LOW", "BACKGROUND")]

# Queue and what its tasks need, with what the result must be.
KINDS = (
    ("checksum", "cpu", lambda payload, result: result.decode().strip() == hashlib.sha256(payload).hexdigest()),
    ("statistics", "gpu", lambda payload, result: json.loads(result)["bytes"] == len(payload)),
    ("compress", "compress", lambda payload, result: gzip.decompress(result) == payload),
)


def payload_of(number):
    return f"task {number} of the compose test\n".encode() * (1 + number % 50)


class Publisher:
    """Submits numbered tasks; remembers each the moment NATS has accepted it."""

    def __init__(self, stack):
        self._client = stack.client("publisher")
        self._run = f"{time.time_ns():x}"
        self.accepted = {}

    def submit(self, count):
        for _ in range(count):
            number = len(self.accepted)
            queue, needs, _ = KINDS[number % len(KINDS)]
            task = f"compose-{self._run}-{number}"
            self._client.publish_stored(f"muster.tasks.{PRIORITIES[number % 7 % 3]}.{queue}", payload_of(number),
                                        {"Muster-Id": task, "Muster-Require": needs})
            self.accepted[task] = number

    def results_stored(self):
        return stream_messages(self._client, "MUSTER_RESULTS")

    def wait_results(self, count, seconds=120):
        wait_for(f"{count} results", seconds, lambda: self.results_stored() >= count, every=0.1)

    def outcome(self, task):
        return stored_result(self._client, task)

    def workers(self):
        """The names of the workers that the dispatcher knows."""
        answer = json.loads(self._client.request("muster.api.worker.list", b"{}")[1])
        return {one["name"] if "name" in one else one["worker"] for one in answer["workers"]["workers"]}


def start(stack):
    stack.compose("up", "-d", "--build", timeout=1800)
    for service, count in (("nats", 1), ("musterd", 1), ("prometheus", 1), ("worker-cpu", 2), ("worker-gpu", 1),
                           ("worker-compress", 1)):
        wait_for(f"{count} healthy {service}", 120, lambda s=service, c=count: stack.healthy(s, c))
    say("NATS, musterd, Prometheus and 4 workers are healthy")


def check_rights(stack):
    """Each role can do its work (the rest of the test shows that) and not another's."""
    worker, publisher, observer = (stack.client(role) for role in ("worker", "publisher", "observer"))
    forbidden = ((worker, "publish", "muster.tasks.normal.checksum"), (worker, "subscribe", "muster.tasks.>"),
                 (publisher, "publish", "muster.assign.any"), (publisher, "publish", "muster.report.any"),
                 (publisher, "publish", "$JS.API.STREAM.DELETE.MUSTER_RESULTS"),
                 (publisher, "subscribe", "_INBOX.>"), (worker, "subscribe", "_INBOX.>"),
                 (observer, "publish", "muster.api.task.cancel"),
                 (observer, "publish", "muster.tasks.normal.checksum"))
    for client, verb, subject in forbidden:
        try:
            getattr(client, verb)(subject)
            client.flush()
        except NatsError:
            continue
        raise RuntimeError(f"a role may {verb} {subject}")
    for client in (worker, publisher, observer):
        client.close()
    secrets = [stack.password(role) for role in ("publisher", "worker", "dispatcher", "observer")]
    if len(set(secrets)) != 4 or not all(secrets):
        raise RuntimeError("the roles' passwords are not four different ones")
    for service in ("musterd", "worker-cpu"):
        image = run(["docker", "image", "inspect", stack.image_of(service)]).stdout
        container = run(["docker", "inspect", stack.containers(service)[0]]).stdout
        if any(secret in image + container for secret in secrets):
            raise RuntimeError(f"docker inspect shows a password of {service}")
        if stack.inspect(stack.containers(service)[0])["Config"]["User"] in ("", "root", "0", "0:0"):
            raise RuntimeError(f"{service} runs as root")
    say("roles: every forbidden subject is refused, no password in images or docker inspect, nothing runs as root")


def check_durable_profile(stack):
    stack.compose("run", "--rm", "--no-deps", "-T", "-e", "MUSTER_PROFILE=durable", "nats", "-t")
    say("the durable profile of NATS is a valid configuration")


def work_through_crashes(stack, publisher):
    publisher.submit(400)
    publisher.wait_results(20)
    victim = stack.containers("worker-cpu")[0]
    run(["docker", "kill", "-s", "KILL", victim])
    say(f"killed the worker container {victim[:12]} at {publisher.results_stored()} results; it stays down")

    publisher.submit(300)
    musterd = stack.containers("musterd")[0]
    before = stack.inspect(musterd)["State"]["StartedAt"]
    stack.kill_process(musterd)
    say(f"killed musterd at {publisher.results_stored()} results, {len(publisher.accepted)} accepted")

    publisher.submit(TASKS - len(publisher.accepted))
    say(f"{len(publisher.accepted)} tasks accepted by NATS; musterd comes back by its restart policy")
    wait_for("musterd healthy again", 60, lambda: stack.inspect(musterd)["State"]["StartedAt"] != before
             and stack.healthy("musterd"))
    publisher.wait_results(TASKS, 240)
    if stack.inspect(victim)["State"]["Running"]:
        raise RuntimeError("the killed worker container runs again: its work was not taken over by the others")


def right(number, result):
    """Whether this is the result of that task's work."""
    return KINDS[number % len(KINDS)][2](payload_of(number), result)


def count_outcomes(publisher):
    """(succeeded, wrong or not succeeded, without a result) over all accepted tasks."""
    succeeded, repeated, bad, lost = 0, 0, [], []
    for task, number in publisher.accepted.items():
        outcome = publisher.outcome(task)
        if outcome is None:
            lost.append(task)
        elif outcome.get(STATE) == SUCCEEDED and right(number, outcome.get(RESULT, b"")):
            succeeded += 1
            repeated += outcome.get(ATTEMPT, 1) > 1
        else:
            bad.append((task, outcome))
    say(f"{succeeded} results are right, {repeated} of them of a second attempt or a later one")
    return succeeded, bad, lost


def check_streams_empty(stack):
    dispatcher = stack.client("dispatcher")
    for stream in (*TASK_STREAMS, "MUSTER_DELAYED", "MUSTER_DEAD"):
        wait_for(f"{stream} empty", 30, lambda s=stream: stream_messages(dispatcher, s) == 0)
    dispatcher.close()
    say("no task is left in a stream, none in the dead letters")


def check_prometheus(stack):
    wait_for("Prometheus scrapes musterd", 60, lambda: stack.prometheus('up{job="musterd"}') == 1)
    series = wait_for("muster_ metrics in Prometheus", 60, lambda: stack.prometheus('count({__name__=~"muster_.+"})'))
    say(f"Prometheus scrapes musterd: {series:.0f} series of muster_*")


def check_command_line(stack):
    """What README.md shows: the command line as a publisher, and as the dispatcher in musterd's container."""
    done = stack.compose("run", "--rm", "--no-deps", "-T", "-e", "MUSTER_USER=publisher",
                         "-e", "MUSTER_INBOX_PREFIX=_INBOX_publisher", "-e", "MUSTER_PASSWORD_FILE=",
                         "-e", f"MUSTER_PASSWORD={stack.password('publisher')}", "worker-cpu",
                         "muster", "task", "submit", "--queue", "checksum", "--require", "cpu", "--data", "hello",
                         "--wait")
    if hashlib.sha256(b"hello").hexdigest() not in done.stdout:
        raise RuntimeError(f"muster task submit --wait did not show the result: {done.stdout}{done.stderr}")
    listed = json.loads(stack.compose("exec", "-T", "musterd", "muster", "worker", "list", "--json").stdout)
    if not listed:
        raise RuntimeError("muster worker list shows nothing")
    say("the command line submits as publisher and lists the workers as dispatcher")


def check_scale(stack, publisher):
    before = publisher.workers()
    stack.compose("up", "-d", "--no-recreate", "--scale", "worker-cpu=4", timeout=180)
    wait_for("4 healthy worker-cpu", 90, lambda: stack.healthy("worker-cpu", 4))
    grown = wait_for("the dispatcher knows the new workers", 30, lambda: len(publisher.workers() - before) >= 2
                     and publisher.workers())
    say(f"scaled worker-cpu to 4: the dispatcher knows {len(grown)} workers")


def stop(stack):
    started = time.monotonic()
    stack.compose("stop", timeout=180)
    for service in ("nats", "musterd", "worker-cpu", "worker-gpu", "worker-compress", "prometheus"):
        for container in stack.containers(service):
            state = stack.inspect(container)["State"]
            if state["ExitCode"] == 137 or state["OOMKilled"]:
                raise RuntimeError(f"{service} {container[:12]} did not stop by itself within its grace period")
    say(f"all stopped cleanly in {time.monotonic() - started:.0f} s")


def play(stack):
    start(stack)
    check_rights(stack)
    check_durable_profile(stack)
    publisher = Publisher(stack)
    work_through_crashes(stack, publisher)
    succeeded, bad, lost = count_outcomes(publisher)
    for task, outcome in bad[:10]:
        say(f"not succeeded, or the wrong result: {task} {outcome}")
    for task in lost[:10]:
        say(f"no result: {task}")
    if not bad and not lost:
        check_streams_empty(stack)
        check_prometheus(stack)
        check_command_line(stack)
        check_scale(stack, publisher)
        stop(stack)
    else:
        stack.logs()
    return f"compose-test: {len(publisher.accepted)} tasks, {succeeded} succeeded, {TASKS - succeeded} lost"
