"""`python -m functions.cli`."""

from functions.cli.main import main

main()
