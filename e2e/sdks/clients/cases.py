"""What every Python client of this folder is made of."""

import importlib.metadata
import json
import os
import traceback

MOCK_URL = os.environ.get("MOCK_URL")
QUESTION = "What is the weather in Bern?"
TOOL = "get_weather"
CITY = {"city": "Bern"}
RESULT = "12 degrees"
ANSWER = "It is 12 degrees in Bern."
DESCRIPTION = "The weather of a city"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ECHO = 'You said: "hello".'


def same(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: {found!r} instead of {expected!r}")


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def check_pieces(pieces):
    check(len(pieces) > 3 and "".join(pieces).startswith(ECHO), f"pieces {pieces!r}")


def raises(error_class, work):
    try:
        work()
    except error_class as error:
        return error
    raise AssertionError("nothing was raised")


def run(package, cases, name=None):
    """Runs cases one after the other, and prints what came of each as one line of JSON. name: where the package's tells too little."""
    said = []
    for title, work in cases.items():
        try:
            work()
            said.append({"title": title, "ok": True})
        except BaseException:
            said.append({"title": title, "ok": False, "why": traceback.format_exc()[-1500:]})
    version = importlib.metadata.version(package)
    print("SDK-RESULT " + json.dumps({"name": name or package, "version": version, "cases": said}), flush=True)
