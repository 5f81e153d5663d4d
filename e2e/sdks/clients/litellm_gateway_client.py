"""LiteLLM's gateway in front of the mock, asked through OpenAI's SDK: what the APIs of the mock say has to come through."""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import openai
from cases import MOCK_URL, check, raises, run, same
from openai_cases import chat_cases, hello_of

# How long the gateway may take until it listens: a second where nothing else runs, minutes beside others.
START_SECONDS = 240
# Without one the gateway does not start.
KEY = f"sk-{secrets.token_hex(32)}"


def at(path):
    return {"api_base": f"{MOCK_URL}{path}"} if MOCK_URL else {}


MODELS = {
    "anthropic": {"model": "anthropic/claude-sonnet-5-5", **at("")},
    "openai": {"model": "openai/gpt-4.1-mini", **at("/v1")},
    "gemini": {"model": "gemini/gemini-2.5-flash", **at("/v1beta")},
    "cohere": {"model": "cohere_chat/command-a-03-2025", **at("/v2/chat")},
    "openrouter": {"model": "openrouter/anthropic/claude-sonnet-4.5", **at("/api/v1")},
    # Straight at the mock nothing tells its requests from OpenAI's: LiteLLM sends them with OpenAI's SDK.
    **({} if MOCK_URL else {"mistral": {"model": "mistral/mistral-large-latest"}}),
}
EMBEDDING = {"model": "openai/text-embedding-3-small", **at("/v1")}


def config():
    params = {**MODELS, "text-embedding-3-small": EMBEDDING}
    return {
        "model_list": [
            {"model_name": name, "litellm_params": {**own, "api_key": "any"}} for name, own in params.items()
        ],
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": KEY},
        "litellm_settings": {"telemetry": False},
    }


def start(folder):
    """Starts the gateway; gives its process and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.path.join(folder, "config.json")
    with open(path, "w") as file:
        json.dump(config(), file)
    program = os.path.join(os.path.dirname(sys.executable), "litellm")
    log = open(os.path.join(folder, "log"), "w+")
    line = [program, "--config", path, "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    process = subprocess.Popen(line, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health/liveliness").close()
            return process, url
        except OSError:
            time.sleep(0.2)
    process.kill()
    log.seek(0)
    sys.exit(f"the gateway does not listen: {log.read()[-1500:]}")


def models(client):
    def work():
        same(sorted({*MODELS, "text-embedding-3-small"}), sorted(one.id for one in client.models.list()), "models")

    return work


def bad_request(client):
    def work():
        ask = lambda: client.chat.completions.create(**hello_of("openai"), temperature=3)
        error = raises(openai.BadRequestError, ask)
        same(error.code, "400", "code")
        check("litellm.BadRequestError" in error.message, error.message)

    return work


with tempfile.TemporaryDirectory() as folder:
    gateway, url = start(folder)
    try:
        client = openai.OpenAI(api_key=KEY, max_retries=0, base_url=url)
        cases = {"models": models(client), "bad request": bad_request(client)}
        for name in MODELS:
            own = chat_cases(client, name)
            if name != "openai":
                del own["embeddings"]
            # There the gateway calls the end of an answer that is a call "stop".
            if name == "cohere":
                del own["chat, tool loop"]
            cases.update({f"{name}: {title}": work for title, work in own.items()})
        run("litellm", cases, name="litellm, its gateway")
    finally:
        gateway.terminate()
        gateway.wait()
