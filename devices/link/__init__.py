"""From ports to blocks: one thread for each device, which opens, starts, reads, and comes back after a loss."""
