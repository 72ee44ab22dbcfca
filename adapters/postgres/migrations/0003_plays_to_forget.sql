-- Apart from what locks the table for all, since it is read from one end to the other; nobody but those who play waits.
CREATE INDEX plays_to_forget ON plays (started_at) WHERE NOT is_named;
