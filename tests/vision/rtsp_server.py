"""A camera on the network that can fail: an RTSP server of moving pictures, JPEG in RTP over TCP (RFC 2326, 2435).

Runs as a process of its own, so that a test can also stop it whole (SIGSTOP). It prints its port, then takes faults by
name on standard input: ok, stall, black, white, frozen, blurred, blocked, small, garbage, warp, slow.
"""

import re
import socket
import struct
import sys
import threading
import time

import cv2
import numpy as np

FPS = 25
CLOCK_HZ = 90_000
PAYLOAD_BYTES = 1400
FULL, SMALL = (320, 240), (160, 120)  # width, height; multiples of 16


class Studio:
    """The pictures: a noisy room with edges that a blur would take away; `fault` changes them."""

    def __init__(self):
        self.fault = "ok"
        rng = np.random.default_rng(1)
        room = cv2.resize(rng.integers(40, 200, (30, 40), np.uint8), FULL, interpolation=cv2.INTER_NEAREST)
        self.room = room.astype(np.int16)
        self.noise = [rng.normal(0, 2, room.shape).astype(np.int16) for _ in range(8)]
        self.still = self.noisy(self.room, 0)

    def noisy(self, picture, count):
        return np.clip(picture + self.noise[count % len(self.noise)], 0, 255).astype(np.uint8)

    def picture(self, count):
        if self.fault == "frozen":
            return self.still
        if self.fault == "blurred":
            return self.noisy(cv2.GaussianBlur(self.room, (0, 0), 4), count)
        level = {"black": 0, "white": 300, "blocked": 90}.get(self.fault)
        grey = self.noisy(self.room if level is None else np.full_like(self.room, level), count)
        return cv2.resize(grey, SMALL) if self.fault == "small" else grey


def jpeg_parts(grey):
    """Quantisation tables and entropy-coded scan: what RFC 2435 sends of a JPEG; the rest it takes as known."""
    ok, data = cv2.imencode(".jpg", cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert ok
    jpeg, tables, at = data.tobytes(), b"", 2
    while jpeg[at + 1] != 0xDA:
        length = struct.unpack_from(">H", jpeg, at + 2)[0]
        if jpeg[at + 1] == 0xDB:
            body = jpeg[at + 4 : at + 2 + length]
            tables += b"".join(body[start + 1 : start + 65] for start in range(0, len(body), 65))
        at += 2 + length
    at += 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
    return tables, jpeg[at:-2]


def packets(grey, stamp, sequence, garbage=False):
    """One picture as RTP packets, framed for the RTSP connection."""
    tables, scan = jpeg_parts(grey)
    if garbage:
        scan = np.random.default_rng(sequence).bytes(len(scan))
    height, width = grey.shape
    out, at = [], 0
    while at < len(scan):
        quantisation = struct.pack(">BBH", 0, 0, len(tables)) + tables if at == 0 else b""
        chunk = scan[at : at + PAYLOAD_BYTES]
        last = at + len(chunk) == len(scan)
        rtp = struct.pack(">BBHII", 0x80, 26 | (0x80 if last else 0), (sequence + len(out)) & 0xFFFF, stamp, 1)
        jpeg = struct.pack(">IBBBB", at, 1, 255, width // 8, height // 8)
        packet = rtp + jpeg + quantisation + chunk
        out.append(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
        at += len(chunk)
    return out


class Viewer:
    """One RTSP connection."""

    def __init__(self, connection, studio):
        self.connection, self.studio = connection, studio
        self.gone = threading.Event()

    def serve(self):
        buffer = b""
        try:
            while data := self.connection.recv(4096):
                buffer += data
                while b"\r\n\r\n" in buffer:
                    head, buffer = buffer.split(b"\r\n\r\n", 1)
                    self.answer(head.decode("latin-1"))
        except OSError:
            pass
        finally:
            self.gone.set()
            self.connection.close()

    def answer(self, request):
        if not (found := re.search(r"CSeq: *(\d+)", request)):
            return  # the player's own RTCP, framed in the same connection
        method = re.search(r"(OPTIONS|DESCRIBE|SETUP|PLAY|TEARDOWN|\w+) rtsp://", request)
        method = method[1] if method else ""
        extra, body = "Session: 1\r\n", ""
        if method == "OPTIONS":
            extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
            body += f"m=video 0 RTP/AVP 26\r\na=framerate:{FPS}\r\na=control:track1\r\n"
            extra = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            extra += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        self.connection.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {found[1]}\r\n{extra}\r\n{body}".encode())
        if method == "PLAY":
            threading.Thread(target=self.play, daemon=True).start()

    def play(self):
        count = sequence = 0
        warp_s = 0.0
        due_s = time.monotonic()
        while not self.gone.is_set():
            fault = self.studio.fault
            if fault == "warp" and count % 10 == 0:
                warp_s += 30.0 if count % 20 else -25.0
            if fault != "stall":
                stamp = int((due_s + warp_s) * CLOCK_HZ) & 0xFFFFFFFF
                framed = packets(self.studio.picture(count), stamp, sequence, garbage=fault == "garbage")
                sequence += len(framed)
                try:
                    self.connection.sendall(b"".join(framed))
                except OSError:
                    return
            count += 1
            due_s += (4 if fault == "slow" else 1) / FPS
            time.sleep(max(0.0, due_s - time.monotonic()))


def main():
    studio = Studio()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)  # noqa: T201  # how the test learns it

        def listen():
            while True:
                connection, _ = server.accept()
                threading.Thread(target=Viewer(connection, studio).serve, daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        for line in sys.stdin:
            studio.fault = line.strip()


if __name__ == "__main__":
    main()
