"""Access for programs: personal tokens, and clients of services with theirs."""
