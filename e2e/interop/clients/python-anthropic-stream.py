"""What Anthropic's Python SDK makes of a stream that does not end well, with its own number of retries."""
import json
import sys

from anthropic import Anthropic

task = json.load(sys.stdin)
client = Anthropic(api_key="test")
parameters = json.loads(task["body"])


def shown(error):
    return {
        "name": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "type": getattr(error, "type", None),
        "message": str(error),
    }


def iterated():
    events = []
    try:
        for event in client.messages.create(**parameters, stream=True):
            events.append(event.type)
        return {"events": events, "error": None}
    except Exception as error:
        return {"events": events, "error": shown(error)}


def collected():
    try:
        with client.messages.stream(**parameters) as stream:
            message = stream.get_final_message()
        return {"stopReason": message.stop_reason, "text": message.content[0].text, "error": None}
    except Exception as error:
        return {"error": shown(error)}


json.dump([{"iterated": iterated(), "collected": collected()} for _ in range(task["count"])], sys.stdout)
