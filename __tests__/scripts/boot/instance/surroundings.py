"""
What surrounds an instance of EC2 and moto lacks: its metadata service (IMDSv2; Amazon EC2 User Guide, "Access instance
metadata") and the two calls that a lifecycle hook takes (Amazon EC2 Auto Scaling API Reference).

usage: surroundings.py FOLDER. FOLDER/metadata.json has values by path; FOLDER/hook.json has the answer to the calls: "ok",
or the code and message of an error; FOLDER/calls gets a line for each. It ends when its standard input does.
"""

import json
import os
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = sys.argv[1]
tokens = set()


def read(name):
    with open(os.path.join(folder, name)) as file:
        return json.load(file)


class Handler(BaseHTTPRequestHandler):
    def answer(self, code, text):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Metadata(Handler):
    def do_PUT(self):
        if self.path != "/latest/api/token" or "X-aws-ec2-metadata-token-ttl-seconds" not in self.headers:
            self.answer(400, "")
            return
        tokens.add(token := f"token-{len(tokens)}")
        self.answer(200, token)

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") not in tokens:
            self.answer(401, "")
            return
        value = read("metadata.json").get(self.path.removeprefix("/latest/meta-data/"))
        self.answer(404 if value is None else 200, value or "")


class AutoScaling(Handler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {key: values[0] for key, values in urllib.parse.parse_qs(body).items()}
        action = given["Action"]
        with open(os.path.join(folder, "calls"), "a") as calls:
            calls.write(json.dumps({key: given[key] for key in given if key != "Version"}) + "\n")
        answer = read("hook.json")
        if answer == "ok":
            self.answer(200, f"<{action}Response><{action}Result/></{action}Response>")
            return
        code, message = answer
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        self.answer(400, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")


for address, handler in ((("169.254.169.254", 80), Metadata), (("127.0.0.1", 5001), AutoScaling)):
    threading.Thread(target=ThreadingHTTPServer(address, handler).serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
