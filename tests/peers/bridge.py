"""bridge.py PORT   makes a server inside a test a program: standard input and output are those of a connection to it."""
import os
import socket
import sys
import threading

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))


def send():
    while said := os.read(0, 1 << 16):
        connection.sendall(said)
    connection.shutdown(socket.SHUT_WR)


threading.Thread(target=send, daemon=True).start()
while heard := connection.recv(1 << 16):
    sys.stdout.buffer.write(heard)
    sys.stdout.buffer.flush()
