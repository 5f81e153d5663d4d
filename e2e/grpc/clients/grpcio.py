"""What `grpcio` says of each method: a line of JSON with all of it.

grpcio.py AUTHORITY CA-FILE METHOD...   without TLS where CA-FILE is empty; the proxy stands in `grpc_proxy`
"""

import json
import sys

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

authority, ca_file, *methods = sys.argv[1:]
options = [
    (
        "grpc.service_config",
        json.dumps(
            {
                "methodConfig": [
                    {
                        "name": [{"service": "faults.Retried"}],
                        "retryPolicy": {
                            "maxAttempts": 4,
                            "initialBackoff": "0.05s",
                            "maxBackoff": "0.2s",
                            "backoffMultiplier": 2,
                            "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
                        },
                    }
                ]
            }
        ),
    )
]
if ca_file:
    with open(ca_file, "rb") as file:
        channel = grpc.secure_channel(authority, grpc.ssl_channel_credentials(file.read()), options)
else:
    channel = grpc.insecure_channel(authority, options)


def retry_info(call):
    """The delay that Google's own code reads from the details."""
    status = rpc_status.from_call(call)
    for detail in status.details if status else []:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            return f"{info.retry_delay.ToMilliseconds()} ms"
    return ""


def make_call(path):
    said = {"messages": 0, "code": "", "text": "", "retryInfo": ""}
    call = channel.unary_stream(path)(authority.encode(), timeout=8)
    try:
        for _ in call:
            said["messages"] += 1
    except grpc.RpcError as error:
        said["retryInfo"] = retry_info(error)
    except Exception as error:
        said["text"] = f"{type(error).__name__}: {error}"
        return said
    return {**said, "code": call.code().name, "text": call.details()}


print(json.dumps([make_call(path) for path in methods]))
channel.close()
