"""
Makes pauses of the programs of the boot short, and ends them where a test wants it: FALL_AT=3 before the third thing
that they change, be it a file or a service.
"""

import os
import subprocess
import time

pause = time.sleep
time.sleep = lambda seconds: pause(seconds / 40)

if "FALL_AT" in os.environ:
    left = int(os.environ["FALL_AT"])
    replace, begin = os.replace, subprocess.Popen.__init__
    reading = {"is-active", "show", "list-units", "blkid", "address"}

    def step():
        global left
        left -= 1
        if left == 0:
            os._exit(137)

    def falling_replace(*args, **options):
        step()
        return replace(*args, **options)

    def falling_begin(self, command, *args, **options):
        if not reading & set(command):
            step()
        begin(self, command, *args, **options)

    os.replace, subprocess.Popen.__init__ = falling_replace, falling_begin
