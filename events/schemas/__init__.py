"""Files generated from the contract: JSON Schemas, the AsyncAPI document, examples, test vectors."""
