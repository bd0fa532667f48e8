"""Mutation testing of the rules: `python -m infra.mutation`, told in docs/mutation.md."""
