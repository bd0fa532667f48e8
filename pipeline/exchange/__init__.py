"""The payment exchange: follows certified lines, has runs released, writes files for banks and reads their answers."""
