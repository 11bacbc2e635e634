"""`python -m modelyard`."""

import sys

from modelyard.app.cli import main

sys.exit(main())
