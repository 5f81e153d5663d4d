"""What every Python client of the table is made of: it asks in each situation, and says what its program sees."""

import json
import os
import sys
import threading
import time
import traceback
import urllib.request

HEADER = "x-faultwire-operation"
MESSAGE_CHARS = 300
# How often is tried until one answer is whole: a busy machine may not even open a connection in time.
WARM_UPS = 5
# Several clients begin at the same time, and the machine is busy with loading them.
SETTLE_SECONDS = 10
# Between the beginnings of calls that are under way at once: each makes a client, which takes the process a while.
APART_SECONDS = 0.4
with open(os.environ["SDK_ASKS"]) as file:
    ASKS = json.load(file)
lock = threading.Lock()


def put(kind, value):
    with lock:
        print(f"{kind} {json.dumps(value)}", flush=True)


def first_line(text):
    return (str(text).splitlines() or [""])[0][:MESSAGE_CHARS]


def attempts_of(response):
    """How often the SDK says that it asked; None where it does not say."""
    if isinstance(response, dict):
        retries = response.get("ResponseMetadata", {}).get("RetryAttempts")
        return None if retries is None else retries + 1
    return None


def describe(error, packages):
    module = type(error).__module__.split(".")[0]
    response = getattr(error, "response", None)
    statuses = [getattr(error, name, None) for name in ("status_code", "code")]
    if isinstance(response, dict):
        statuses.append(response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    status = next((one for one in statuses if isinstance(one, int) and not isinstance(one, bool)), None)
    attempts = attempts_of(response)
    cause = error.__cause__
    said = {
        "class": type(error).__name__,
        "name": f"{type(error).__module__}.{type(error).__name__}",
        "own": module in packages,
        "message": first_line(error),
    }
    if status is not None:
        said["status"] = status
    if isinstance(attempts, int):
        said["attempts"] = attempts
    if cause is not None:
        said["cause"] = first_line(f"{type(cause).__name__}: {cause}")
    return said


def ask_once(surface, ask, packages):
    operation = f"{os.environ['SDK_ID']}/{surface['name']}/{ask['name']}"
    pieces = []
    seen = {}
    options = {
        "headers": {HEADER: operation},
        "timeout": ask["timeoutMs"] / 1000 if "timeoutMs" in ask else None,
        "no_retries": ask.get("noRetries", False),
    }

    def work():
        try:
            end = surface["ask"](options, lambda piece: pieces.append(piece or ""))
            seen.update(kind="value", end=None if end is None else str(end))
        except BaseException as error:
            seen.update(kind="error", error=describe(error, packages))

    began_at = time.time()
    began = time.monotonic()
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(ask["patienceMs"] / 1000)
    took = round((time.monotonic() - began) * 1000)
    found = dict(seen) or {"kind": "waiting"}
    outcome = {"operation": operation, **found, "text": "".join(pieces), "beganAt": round(began_at * 1000), "ms": took}
    put("SDK-OUTCOME", outcome)
    tell(operation, found["kind"])
    return found["kind"]


def tell(operation, kind):
    """Tells Faultwire what the program makes of it, so that its verdicts can be held against what was seen."""
    url = os.environ.get("FAULTWIRE_OUTCOME_URL")
    if not url or kind == "waiting":
        return
    body = {"outcome": "complete" if kind == "value" else "error", "operation": operation}
    urllib.request.urlopen(url, json.dumps(body).encode()).close()


def dig(value, *path):
    """What stands there, as a program would reach for it; None where nothing does: that is no error of the SDK's."""
    for key in path:
        try:
            value = value[key] if isinstance(key, int) or isinstance(value, dict) else getattr(value, key)
        except (AttributeError, IndexError, KeyError, TypeError):
            return None
    return value


def surface(name, title, mode, ask):
    return {"name": name, "title": title, "mode": mode, "ask": ask}


def answer(name, versions, packages, surfaces, limits="", at_once=False, at=None):
    """Asks on each surface, all at once, and the situations of one one after the other (at_once: these, too).

    packages: whose error classes are the SDK's own. A surface's ask(options, say) says each piece of text, and gives what the
    SDK calls the reason of the end. at: whose API is asked, where the SDK's name does not tell.
    """
    listed = [{key: one[key] for key in ("name", "mode", "title")} for one in surfaces]
    client = {"name": name, "versions": versions, "limits": limits, "surfaces": listed}
    put("SDK-CLIENT", client if at is None else {**client, "at": at})
    preset_surface = next(one for one in surfaces if one["mode"] == "plain")

    def work(one):
        try:
            only = ASKS.get("only")
            wanted = lambda ask: only is None or f"{one['name']}/{ask['name']}" in only
            whole, *every = ASKS[one["mode"]]
            asks = [ask for ask in every if wanted(ask)]
            named = [ask for ask in ASKS["presets"] if wanted(ask)] if one is preset_surface else []
            if not asks and not named and not wanted(whole):
                return
            any(ask_once(one, whole, packages) == "value" for _ in range(WARM_UPS))
            time.sleep(SETTLE_SECONDS)
            if at_once:
                threads = [threading.Thread(target=ask_once, args=(one, ask, packages)) for ask in asks]
                for thread in threads:
                    thread.start()
                    time.sleep(APART_SECONDS)
                for thread in threads:
                    thread.join()
            else:
                for ask in asks:
                    ask_once(one, ask, packages)
            for ask in named:
                ask_once(one, ask, packages)
        except BaseException:
            put("SDK-UNCAUGHT", traceback.format_exc()[-1000:])

    threads = [threading.Thread(target=work, args=(one,)) for one in surfaces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.flush()
    # Calls that nobody waits for any more have threads of their own.
    os._exit(0)
