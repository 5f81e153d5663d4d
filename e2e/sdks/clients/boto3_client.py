import json

import boto3
from botocore.config import Config
from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, check_pieces, raises, run, same

client = boto3.client(
    "bedrock-runtime",
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
    config=Config(retries={"max_attempts": 0}),
    **({"endpoint_url": MOCK_URL} if MOCK_URL else {}),
)
MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
HELLO = [{"role": "user", "content": [{"text": "hello"}]}]
TOOLS = {"tools": [{"toolSpec": {"name": TOOL, "description": DESCRIPTION, "inputSchema": {"json": SCHEMA}}}]}
ASK = {"modelId": MODEL, "toolConfig": TOOLS, "messages": [{"role": "user", "content": [{"text": QUESTION}]}]}
CLAUDE = json.dumps(
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "hello"}],
    }
)


def converse():
    answer = client.converse(modelId=MODEL, messages=HELLO)
    check(answer["output"]["message"]["content"][0]["text"].startswith(ECHO), answer)


def converse_stream():
    events = list(client.converse_stream(modelId=MODEL, messages=HELLO)["stream"])
    check_pieces([e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e])
    same(events[-2]["messageStop"]["stopReason"], "end_turn", "stopReason")


def tool_loop():
    first = client.converse(**ASK)
    message = first["output"]["message"]
    call = next(block["toolUse"] for block in message["content"] if "toolUse" in block)
    same((first["stopReason"], call["input"]), ("tool_use", CITY), "call")
    result = {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": RESULT}]}}
    messages = [*ASK["messages"], message, {"role": "user", "content": [result]}]
    second = client.converse(**{**ASK, "messages": messages})
    same(second["output"]["message"]["content"][0]["text"], ANSWER, "answer")


def tool_streamed():
    events = list(client.converse_stream(**ASK)["stream"])
    deltas = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    same(json.loads("".join(d["toolUse"]["input"] for d in deltas if "toolUse" in d)), CITY, "input")


def invoke():
    body = json.loads(client.invoke_model(modelId=MODEL, body=CLAUDE)["body"].read())
    check(body["content"][0]["text"].startswith(ECHO), body)


def invoke_streamed():
    stream = client.invoke_model_with_response_stream(modelId=MODEL, body=CLAUDE)["body"]
    events = [json.loads(event["chunk"]["bytes"]) for event in stream]
    check_pieces([e["delta"]["text"] for e in events if e["type"] == "content_block_delta"])


def bad_request():
    messages = [{"role": "assistant", "content": [{"text": "x"}]}]
    ask = lambda: client.converse(modelId=MODEL, messages=messages)
    error = raises(client.exceptions.ValidationException, ask)
    same(error.response["ResponseMetadata"]["HTTPStatusCode"], 400, "status")


run(
    "boto3",
    {
        "converse": converse,
        "converse_stream": converse_stream,
        "tool loop": tool_loop,
        "tool streamed": tool_streamed,
        "invoke_model": invoke,
        "invoke_model_with_response_stream": invoke_streamed,
        "bad request": bad_request,
    },
)
