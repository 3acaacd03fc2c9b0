"""What goes on in a house: "traffic.py serve" answers, "traffic.py talk ADDRESS..." asks. Short and long connections, datagrams, a
name server's kind of question, Unix sockets, descriptors handed over, processes that come and go. Prints "ready" when it begins."""
import os, random, socket, subprocess, sys, threading, time

PORT = 4003


def answer(connection):
    with connection:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except ConnectionError:
            pass  # who asks may be gone without a word


def serve():
    listener = socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind(("::", PORT))

    def echo():
        while True:
            data, peer = datagrams.recvfrom(65536)
            datagrams.sendto(data, peer)

    threading.Thread(target=echo, daemon=True).start()
    print("ready", flush=True)
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def short(address):
    with socket.create_connection((address, PORT), timeout=10) as s:
        s.sendall(os.urandom(random.randrange(1, 5000)))
        s.recv(1)


def long(address):
    with socket.create_connection((address, PORT), timeout=10) as s:
        for _ in range(random.randrange(1, 100)):
            s.sendall(b"x" * 100)
            s.recv(100)
            time.sleep(0.05)


def question(address):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.sendto(b"?" * 40, (address, PORT))
        try:
            s.recv(100)
        except TimeoutError:
            pass


def hand_over(address):
    here, there = socket.socketpair()
    with here, there, socket.create_connection((address, PORT), timeout=10) as s:
        socket.send_fds(here, [b"."], [s.fileno()])
        _, descriptors, _, _ = socket.recv_fds(there, 1, 1)
        os.close(descriptors[0])


def program(address):
    subprocess.run([sys.executable, "-c", f"import socket; socket.create_connection(('{address}', {PORT})).close()"], check=False)


def talk(addresses):
    kinds = [short, short, short, long, question, question, hand_over, program]

    def life():
        while True:
            try:
                random.choice(kinds)(random.choice(addresses))
            except OSError as e:
                print(e, file=sys.stderr)
            time.sleep(random.random() / 5)

    for _ in range(20):
        threading.Thread(target=life, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


serve() if sys.argv[1] == "serve" else talk(sys.argv[2:])
