"""The Graph API's side: tokens, reads, writes, quotas and errors, over the simulator's world."""
