"""Puts the parts together: wiring.py chooses adapters, http.py lists every router, one per line."""

import sys
from types import ModuleType
from typing import cast

# FastAPI asks of every model whether it is one of pydantic 1. None is, and to ask costs a tenth of the API's import.
sys.modules.setdefault("pydantic.v1", cast(ModuleType, None))
