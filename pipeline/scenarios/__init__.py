"""Event files of real programmes, made from published figures and from what the field is known to see."""
