"""Copy what a spool holds to a store in which several hosts have one history."""
