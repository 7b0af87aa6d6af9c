"""Jobs that outlive their workers: claims, leases, wake-up, progress and takeover."""
