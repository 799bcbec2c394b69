"""Processes that serve one connection at a time, in three ways.

privileges  for each connection a process that reads, and one beneath it that writes, as servers with separated privileges have
passed      a parent that accepts, and hands each connection to one of many processes made ahead, by SCM_RIGHTS
forking     socketserver.ForkingTCPServer
"""

import os
import signal
import socket
import socketserver
import sys


def answers(readable):
    for line in readable:
        verb, _, arg = line.rstrip(b"\n").partition(b" ")
        yield (arg if verb == b"echo" else b"b" * (int(arg) - 1) if verb == b"blob" else b"error: unknown request") + b"\n"


def serve(client):
    for answer in answers(client.makefile("rb")):
        client.sendall(answer)


def privileges(door):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        client, _ = door.accept()
        if os.fork():
            client.close()
            continue
        inner, outer = socket.socketpair()
        if os.fork():
            outer.close()
            for answer in answers(client.makefile("rb")):
                inner.sendall(answer)
        else:
            inner.close()
            while piece := outer.recv(65536):
                client.sendall(piece)
        os._exit(0)


def passed(door):
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for _ in range(40):
        if os.fork() == 0:
            door.close()
            mine.close()
            while True:
                _, (fd,), _, _ = socket.recv_fds(theirs, 1, 1)
                with socket.socket(fileno=fd) as client:
                    serve(client)
    while True:
        client, _ = door.accept()
        socket.send_fds(mine, [b"c"], [client.fileno()])
        client.close()


def forking(door):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            for answer in answers(self.rfile):
                self.wfile.write(answer)

    server = socketserver.ForkingTCPServer(door.getsockname(), Handler, bind_and_activate=False)
    server.socket, server.max_children = door, 200
    server.serve_forever()


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024) as door:
    {"privileges": privileges, "passed": passed, "forking": forking}[sys.argv[2]](door)
