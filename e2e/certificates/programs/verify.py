"""Usage: python3 verify.py HOST ROOT.pem PORT... prints one line a port: "PORT OK" or "PORT the error"."""

import socket
import ssl
import sys


def connect(context: ssl.SSLContext, host: str, port: int) -> str:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=host):
                return "OK"
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return str(error)


host, root, *ports = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
for port in ports:
    print(port, connect(context, host, int(port)), flush=True)
