"""What policy officers do: look at a policy, check it, compare two, try one out, propose and approve."""
