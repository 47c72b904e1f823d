"""One file a command or noun: `app` (a Typer with verbs), or one function named as the command. Listed in main.py."""
