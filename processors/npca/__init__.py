"""The certifying agency's rules: what is found about a submitted line, who may sign, what a certificate says."""
