# Asks for each path, and says in a line of JSON what came of it: `python.py httpx|grpcio|websockets BASE PATH…`.
import json
import os
import ssl
import sys


def say(path, version, status, size, error):
    print(json.dumps({"path": path, "version": version, "status": status, "bytes": size, "error": error}), flush=True)


def over_httpx(base, paths):
    import httpx

    if base.startswith("http:"):
        client = httpx.Client(http1=False, http2=True, trust_env=False)
    else:
        roots = ssl.create_default_context(cafile=os.environ["H2_CA"])
        client = httpx.Client(http2=True, verify=roots, timeout=20)
    for path in paths:
        version, status, size, error = "", 0, 0, ""
        try:
            with client.stream("GET", base + path) as response:
                version, status = response.http_version, response.status_code
                for chunk in response.iter_bytes():
                    size += len(chunk)
        except httpx.HTTPError as failure:
            error = f"{type(failure).__name__}: {failure}"
        say(path, version, status, size, error)


def over_grpcio(base, paths):
    import grpc

    scheme, address = base.split("://")
    if scheme == "https":
        with open(os.environ["H2_CA"], "rb") as file:
            secret = grpc.ssl_channel_credentials(file.read())
        channel = grpc.secure_channel(address + ":443", secret)
    else:
        channel = grpc.insecure_channel(address)
    for path in paths:
        size, error = 0, "OK"
        try:
            for message in channel.unary_stream(path)(b"hi", timeout=20):
                size += len(message)
        except grpc.RpcError as failure:
            error = f"{failure.code().name}: {failure.details()}"
        say(path, f"grpcio {grpc.__version__}", 0, size, error)


def over_websockets(base, paths):
    from websockets.sync.client import connect

    roots = ssl.create_default_context(cafile=os.environ["H2_CA"]) if base.startswith("wss:") else None
    for path in paths:
        size, error = 0, ""
        try:
            with connect(base + path, ssl=roots) as socket:
                for message in socket:
                    size += len(message)
                error = f"closed {socket.close_code}"
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        say(path, "HTTP/1.1", 101, size, error)


{"httpx": over_httpx, "grpcio": over_grpcio, "websockets": over_websockets}[sys.argv[1]](sys.argv[2], sys.argv[3:])
