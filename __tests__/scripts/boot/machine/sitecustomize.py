"""
Makes pauses of the programs of the boot short, and ends them where a test wants it.

SPEED=200 has all their time pass that much faster, limits too; without it only pauses do. With FALL_ONCE=file they fall
before the first thing they change that the file does not name, and name it. Run again and again, they fall before each;
FALL_AT says which things count.
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

if "FALL_ONCE" in os.environ:
    place = os.environ["FALL_ONCE"]
    replace, begin = os.replace, subprocess.Popen.__init__
    reading = {"is-active", "show", "list-units", "blkid"}

    def step(name):
        if not re.search(os.environ.get("FALL_AT", ""), name):
            return
        with open(place, "a+") as file:
            file.seek(0)
            if name not in file.read().splitlines():
                file.write(f"{name}\n")
                file.flush()
                os._exit(137)

    def falling_replace(source, target):
        step(f"write {target}")
        replace(source, target)

    def falling_begin(self, command, *args, **options):
        if not reading & set(command):
            step(" ".join(command))
        begin(self, command, *args, **options)

    os.replace, subprocess.Popen.__init__ = falling_replace, falling_begin
