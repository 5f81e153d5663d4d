"""urllib alone with a habit: `python3 urllib_client.py good|careless|stubborn|gullible|proper SETS [bare]`."""
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

habit = sys.argv[1] if len(sys.argv) > 1 else "good"
sets = int(sys.argv[2]) if len(sys.argv) > 2 else 1
is_bare = sys.argv[3:] == ["bare"]
TRIES = 4
failed = threading.Event()


class Failure(Exception):
    """The failure of a request: its status, or 0 for a stream without an end."""

    def __init__(self, status, headers=None):
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers


def say_outcome(operation, outcome, text=None):
    """Says how an operation ended for this program: the three lines of docs/verdicts.md."""
    if url := os.environ.get("FAULTWIRE_OUTCOME_URL"):
        word = json.dumps({"operation": operation, "outcome": outcome, "text": text}).encode()
        urllib.request.urlopen(urllib.request.Request(url, word, method="POST")).read()


def post(parameters, headers):
    request = urllib.request.Request(
        "https://api.anthropic.com/v1/messages",
        json.dumps(parameters).encode(),
        {
            "content-type": "application/json",
            "x-api-key": "test",
            "anthropic-version": "2023-06-01",
            "user-agent": "urllib-client",
            **headers,
        },
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.read().decode()
    except urllib.error.HTTPError as error:
        raise Failure(error.code, error.headers) from None


def retries(status):
    return habit == "stubborn" or status in (408, 429) or status >= 500


def wait_seconds(headers):
    if habit == "careless":
        return 0.3
    asked = headers.get("retry-after") if headers else None
    return float(asked) if asked else 0.05


def operation(name, attempt):
    for number in range(1, TRIES + 1):
        named = {} if is_bare else {"x-faultwire-operation": name}
        try:
            attempt({"x-attempt": str(number), **named})
        except Failure as failure:
            asks_again = habit != "proper" if failure.status == 0 else retries(failure.status)
            if number < TRIES and asks_again:
                time.sleep(wait_seconds(failure.headers))
                continue
            failed.set()
            if not is_bare:
                say_outcome(name, "error", str(failure))
            return
        if not is_bare:
            say_outcome(name, "complete")
        return


def parameters(model, text, **more):
    return {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": text}], **more}


def stream(number, headers):
    asked = parameters("claude-sonnet-5-5", f"Good evening, all {number}!", stream=True)
    is_whole = "message_stop" in post(asked, headers)
    if habit != "gullible" and not is_whole:
        raise Failure(0)


def one_set(number):
    haiku = parameters("claude-haiku-4-5", f"Good morning, {number}!")
    opus = parameters("claude-opus-4-6", f"Good afternoon, {number}!")
    operation(f"throttled {number}", lambda headers: post(haiku, headers))
    operation(f"refused {number}", lambda headers: post(opus, headers))
    operation(f"streamed {number}", lambda headers: stream(number, headers))


threads = [threading.Thread(target=one_set, args=(number,)) for number in range(sets)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(1 if habit == "proper" and failed.is_set() else 0)
