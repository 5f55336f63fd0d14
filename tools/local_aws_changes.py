"""Changes MiniStack before it runs, where it does other than AWS, or takes too long: code for its own Python."""

from __future__ import annotations

from pathlib import Path

# MiniStack gives each attempt at an asynchronous event a request id of its own. Lambda keeps one for all of them, and
# that is what attempts are counted by: here it does, too.
KEEPS_REQUEST_IDS = """
from contextvars import ContextVar
from ministack.services import lambda_svc

event_id, next_id = ContextVar("event_id", default=None), ContextVar("next_id", default=None)
invoke, execute, make_id = lambda_svc.invoke_async_with_retry, lambda_svc._execute_function, lambda_svc.new_uuid

def invoke_async_with_retry(function, event):
    token = event_id.set(make_id())
    try:
        invoke(function, event)  # in a thread, which takes these variables along
    finally:
        event_id.reset(token)

def execute_function(function, event):
    next_id.set(event_id.get())  # the first id that it makes is the request's
    return execute(function, event)

def new_uuid():
    known = next_id.get()
    next_id.set(None)
    return known or make_id()

lambda_svc.invoke_async_with_retry = invoke_async_with_retry
lambda_svc._execute_function = execute_function
lambda_svc.new_uuid = new_uuid
"""

# MiniStack refuses alarms that compute their value from several metrics. Here it takes the first of them: it evaluates
# no alarms anyway.
TAKES_METRIC_MATH = """
from ministack.services.cloudformation import provisioners

alarm_record = provisioners._cw_metric_alarm_record

def record_of_first_metric(name, properties):
    stats = [each["MetricStat"] for each in properties.get("Metrics") or () if "MetricStat" in each]
    if not stats:
        return alarm_record(name, properties)
    metric = {**stats[0]["Metric"], "Period": stats[0]["Period"], "Statistic": stats[0]["Stat"], "Metrics": None}
    return alarm_record(name, {**properties, **metric})

provisioners._cw_metric_alarm_record = record_of_first_metric
"""

# MiniStack waits a few milliseconds for what a function has written last. Where much runs that is too short, and those
# lines come with the next invocation's, or never. Here a function says itself where they end.
ENDS_LOGS = """
import queue
import time
from ministack.core import lambda_runtime

END = "\\0 the end of what an invocation has written"
ANSWERS = "        _real_stdout.flush()\\n\\nrun()"
Worker, script = lambda_runtime.Worker, lambda_runtime._PYTHON_WORKER_SCRIPT
if script.count(ANSWERS) != 1:
    raise SystemExit("this MiniStack runs functions in another way: see ENDS_LOGS in tools/local_aws_changes.py")
ends = f"        print({END!r}, file=sys.__stderr__, flush=True)\\n{ANSWERS}"
lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(ANSWERS, ends)
wait_a_moment, take_what_is_there = Worker._drain_stderr_bounded, Worker._drain_stderr

def lines_to_the_end(self, *args, **kwargs):
    if not self.config.get("Runtime", "").startswith("python"):
        return wait_a_moment(self, *args, **kwargs)
    lines, give_up = [], time.monotonic() + 5
    while time.monotonic() < give_up:
        alive = self._stderr_thread.is_alive()
        try:
            line = self._stderr_queue.get(timeout=0.05)
        except queue.Empty:
            if not alive:  # the function has ended its process
                break
            continue
        if line == END:
            break
        lines.append(line)
    return "\\n".join(lines)

def lines_of_a_killed_function(self):
    if self._stderr_thread is not None:
        self._stderr_thread.join(5)
    return take_what_is_there(self)

Worker._drain_stderr_bounded, Worker._drain_stderr = lines_to_the_end, lines_of_a_killed_function
"""

# MiniStack wants boto3 in each process of a function, which takes a fifth of a second to import it. Those of Python are
# forked here.
FORKS_FUNCTIONS = f"""
import subprocess, sys
from ministack.core import lambda_runtime

sys.path.append({str(Path(__file__).parent)!r})
import forks

class Processes:
    def __getattr__(self, name):
        return getattr(subprocess, name)

    def Popen(self, command, *, cwd, env, **pipes):
        if command[0] != sys.executable:
            return subprocess.Popen(command, cwd=cwd, env=env, **pipes)
        return forks.start(*command[1:], cwd=cwd, env=env)

forks.preload("boto3.session", "botocore.handlers", "concurrent.futures.thread")
lambda_runtime.subprocess = Processes()
"""

CHANGES = KEEPS_REQUEST_IDS + TAKES_METRIC_MATH + ENDS_LOGS + FORKS_FUNCTIONS
