"""The functional core: facts, cases, eligibility, the overlap guard, amounts, lifecycle. Values in, values out."""
