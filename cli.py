"""The `delivsim` command, for a checkout: `python cli.py ...`."""

from delivsim.cli.app import main

if __name__ == "__main__":
    main()
