"""
Makes pauses of the programs of the boot short, and ends them where a test wants it.

SPEED=200 has all their time pass that much faster, limits too; without it only pauses do. With CRASH_ONCE=file they crash
before the first change that the file does not name, and add its name. Run again and again, they crash before each
change; CRASH_AT is the pattern of the changes that count.
"""

import os
import re
import subprocess
import time

speed = float(os.environ.get("SPEED", "40"))
pause, communicate = time.sleep, subprocess.Popen.communicate
time.sleep = lambda seconds: pause(seconds / speed)
if "SPEED" in os.environ:
    clock = time.monotonic
    time.monotonic = lambda: clock() * speed

    def hasty(self, input=None, timeout=None):
        return communicate(self, input, None if timeout is None else timeout / speed)

    subprocess.Popen.communicate = hasty

if "CRASH_ONCE" in os.environ:
    place = os.environ["CRASH_ONCE"]
    replace, begin = os.replace, subprocess.Popen.__init__
    reading = {"is-active", "show", "list-units", "blkid"}

    def step(name):
        if not re.search(os.environ.get("CRASH_AT", ""), name):
            return
        with open(place, "a+") as file:
            file.seek(0)
            if name not in file.read().splitlines():
                file.write(f"{name}\n")
                file.flush()
                os._exit(137)

    def crashing_replace(source, target):
        step(f"write {target}")
        replace(source, target)

    def crashing_begin(self, command, *args, **options):
        if not reading & set(command):
            step(" ".join(command))
        begin(self, command, *args, **options)

    os.replace, subprocess.Popen.__init__ = crashing_replace, crashing_begin
