"""Where students' files lie: in folders of this machine, or on an object store."""
