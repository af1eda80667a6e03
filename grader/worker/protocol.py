"""What judge and worker agree on besides frames: where the pipes are, and how a worker says that its walls stand."""

from __future__ import annotations

import struct

#: descriptors in a worker; 0 is empty, 1 and 2 are what the learner prints
REQUEST, REPLY = 3, 4
#: sent on the reply pipe when every wall stands, before anything of a learner is read
CONFINED = b"\x01"
#: the length of the JSON limits that open the request pipe
LENGTH = struct.Struct("<I")
#: files and folders in the private folder of a worker, where it has one
MAX_FILES = 2048
