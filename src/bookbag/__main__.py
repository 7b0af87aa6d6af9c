"""``python -m bookbag``: the same as the ``bookbag`` command."""

from bookbag.config.entry import main

if __name__ == "__main__":
    main()
