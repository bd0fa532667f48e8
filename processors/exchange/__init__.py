"""Rules of the payment exchange: which lines are paid in which run, what the bank's answers mean. Pure."""
