"""Review by experts: what they are shown, the lists they fill in, and what their decisions say together."""
