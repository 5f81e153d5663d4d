"""Anthropic's Python SDK, its base URL unset; `stream` as the first argument asks for a streamed message."""
import json
import sys

from anthropic import Anthropic, APIStatusError

task = json.load(sys.stdin)
client = Anthropic(api_key="test", max_retries=0)
parameters = json.loads(task["body"])


def plain():
    response = client.messages.with_raw_response.create(**parameters)
    return response.status_code, response.headers, response.text()


def streamed():
    with client.messages.stream(**parameters) as stream:
        lines = [event.to_json(indent=None) for event in stream]
        lines.append(stream.get_final_message().to_json(indent=None))
        return stream.response.status_code, stream.response.headers, "\n".join(lines)


ask = streamed if sys.argv[1:] == ["stream"] else plain
answers = []
for _ in range(task["count"]):
    try:
        status, headers, body = ask()
    except APIStatusError as error:
        if error.request_id != error.response.headers["request-id"]:
            raise
        status, headers, body = error.status_code, error.response.headers, json.dumps(error.body)
    answers.append({"status": status, "headers": {name.lower(): value for name, value in headers.items()}, "body": body})
json.dump(answers, sys.stdout)
