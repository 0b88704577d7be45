"""`python -m cabinwatch` is the `cabinwatch` command."""

import sys

from cabinwatch.cli import main

sys.exit(main())
