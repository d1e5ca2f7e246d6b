"""Does with AWS what tests ask for, a line of JSON each: {"code": ..., "given": ...}; it answers with what is in `result`."""

import json
import sys
import traceback

import boto3

for line in sys.stdin:
    asked = json.loads(line)
    scope = {"boto3": boto3, "given": asked["given"], "result": None}
    try:
        exec(asked["code"], scope)
        print(json.dumps({"result": scope["result"]}), flush=True)
    except Exception:
        print(json.dumps({"error": traceback.format_exc()}), flush=True)
