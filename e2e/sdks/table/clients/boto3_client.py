import threading

import boto3
from asks import answer, dig, surface
from botocore.config import Config

MESSAGES = [{"role": "user", "content": [{"text": "count"}]}]
BODY = {"modelId": "anthropic.claude-sonnet-4-5-20250929-v1:0", "messages": MESSAGES}
current = threading.local()
session = boto3.Session(region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
clients = {}
lock = threading.Lock()


def client_for(options):
    current.headers = options["headers"]
    key = (options["timeout"], options["no_retries"])
    with lock:
        if key not in clients:
            config = {
                **({"read_timeout": options["timeout"]} if options["timeout"] else {}),
                **({"retries": {"max_attempts": 0}} if options["no_retries"] else {}),
            }
            client = session.client("bedrock-runtime", config=Config(**config))
            client.meta.events.register("before-call", lambda params, **_: params["headers"].update(current.headers))
            clients[key] = client
    return clients[key]


def converse(options, say):
    response = client_for(options).converse(**BODY)
    say(dig(response, "output", "message", "content", 0, "text"))
    return dig(response, "stopReason")


def stream(options, say):
    end = None
    for event in client_for(options).converse_stream(**BODY)["stream"]:
        if "contentBlockDelta" in event:
            say(dig(event, "contentBlockDelta", "delta", "text"))
        if "messageStop" in event:
            end = dig(event, "messageStop", "stopReason")
    return end


answer(
    "boto3",
    {"boto3": boto3.__version__},
    ["botocore", "boto3"],
    [
        surface("converse", "`converse()`", "plain", converse),
        surface("stream", "`converse_stream()`", "stream", stream),
    ],
)
