"""Copy what a spool holds to where several hosts have one history."""
