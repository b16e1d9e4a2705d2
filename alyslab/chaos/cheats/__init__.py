"""Members that misbehave on purpose: when they act, what they hold back, what they make up."""
