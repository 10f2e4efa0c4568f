"""The `aws` provider, by boto3 against the embedded AWS."""
