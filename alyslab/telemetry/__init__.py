"""What a running laboratory tells the outside: structured logs now, the event bus later."""
