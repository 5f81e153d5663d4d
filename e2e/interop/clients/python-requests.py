"""Python's requests: a session, nothing set; proxy and certificates come from the environment."""
import json
import sys

import requests

task = json.load(sys.stdin)
session = requests.Session()
answers = []
for _ in range(task["count"]):
    body = task.get("body")
    response = session.request(
        "GET" if body is None else "POST",
        f"https://{task['host']}{task['path']}",
        headers=task["headers"],
        data=None if body is None else body.encode(),
        timeout=30,
    )
    headers = {name.lower(): value for name, value in response.headers.items()}
    answers.append({"status": response.status_code, "headers": headers, "body": response.content.decode()})
json.dump(answers, sys.stdout)
