#!/usr/bin/env python3
"""All commands of the portal; `./run` makes the environment first."""

import sys

from portal.ops.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
