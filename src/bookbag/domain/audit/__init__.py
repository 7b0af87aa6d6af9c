"""The audit log: who did what to a workspace's data and rights, unchangeably."""
