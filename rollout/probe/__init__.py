"""What docs/aws.md says of AWS, asked of an account."""
