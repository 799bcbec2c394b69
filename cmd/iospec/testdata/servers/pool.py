"""A ThreadPoolExecutor of 20 threads that are made when first needed: more clients than that wait."""

import concurrent.futures
import socket
import sys


def serve(client):
    with client:
        for line in client.makefile("rb"):
            verb, _, arg = line.rstrip(b"\n").partition(b" ")
            client.sendall((arg if verb == b"echo" else b"b" * (int(arg) - 1)) + b"\n")


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024) as door:
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        while True:
            pool.submit(serve, door.accept()[0])
